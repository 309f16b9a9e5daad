"""Identity resolution: between the gate of the conformed layer and that of the marts, once a business date."""

from collections.abc import Iterator
from typing import Final

import dagster as dg

from dagster_project.components.model_assets import as_of
from dagster_project.components.partitions import ONE_DATE_A_RUN, daily_partitions
from dagster_project.identity import read_decisions, resolve, share_keys
from dagster_project.packs import pack_of
from dagster_project.settings import Settings, active_settings
from dagster_project.warehouse import connect

_TABLES: Final = {
    "intermediate.customer_xref": "Whose each source record is, at the business date.",
    "ops.customer_ids": "Whose each source record was, by period; kept over rebuilds.",
    "intermediate.customer_redirects": "Customer ids that no record bears any more, and which took their place.",
    "intermediate.identity_links": "Pairs of records with the reason to take them for one person; no values of them.",
    "intermediate.identity_reviews": "Pairs of records that a steward is asked about.",
}


@dg.definitions
def defs() -> dg.Definitions:
    """The asset of the pack at hand: it waits for what its resolution reads."""
    settings = active_settings()
    inputs = (
        [["conformed", "customers"]]
        if pack_of(settings.pack).shared_customer_key
        else [["intermediate", "int_records_prepared"], ["intermediate", "int_records_matched"]]
    )
    asset = dg.multi_asset(
        name="resolve_identity",
        specs=[
            dg.AssetSpec(
                table.split("."),
                group_name="identity",
                owners=["team:data-engineering"],
                kinds={"duckdb", "splink"},
                description=text,
                tags={"capability/UCV-3": "", "capability/X-1": "", "capability/X-2": ""},
                deps=[dg.AssetKey(key) for key in inputs],
            )
            for table, text in _TABLES.items()
        ],
        partitions_def=daily_partitions(settings),
        backfill_policy=ONE_DATE_A_RUN,
        pool="warehouse",
        required_resource_keys={"settings", "writer"},
    )
    return dg.Definitions(assets=[asset(_resolve_identity)])


def _resolve_identity(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    settings: Settings = context.resources.settings
    with connect(settings) as con:
        if pack_of(settings.pack).shared_customer_key:
            outcome = share_keys(con)
        else:
            outcome = resolve(con, settings, read_decisions(settings), as_of=as_of(context))
        counts = {table: con.execute(f"select count(*) from lake.{table}").fetchall()[0][0] for table in _TABLES}
    context.log.info(
        f"{outcome.records} records, {outcome.affected} of them looked at: {outcome.moved} came, went or moved, "
        f"{outcome.scored} pairs scored, {outcome.reviews} questions to stewards."
    )
    for table, rows in counts.items():
        yield dg.MaterializeResult(asset_key=table.split("."), metadata={"dagster/row_count": rows})
