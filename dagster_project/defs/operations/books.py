"""The house's own books: do the stages agree, how did the runs go, what comes from whom, what lies where."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

import dagster as dg

from dagster_project.components.partitions import ONE_DATE_A_RUN, daily_partitions
from dagster_project.components.run_records import record_runs
from dagster_project.extract import load_contracts
from dagster_project.extract.inventory import write_inventory
from dagster_project.quality.reconciliation import SOURCE_STAGE, Difference, Feed, reconcile
from dagster_project.quality.results import store_own_result
from dagster_project.settings import Settings, active_settings
from dagster_project.transform import open_session
from dagster_project.transform.measures import conformed_measures
from dagster_project.warehouse import connect

_TABLES: Final = {
    "reconciliation": "One row per delivery in use and measure: the same figure at each stage, and where it differs.",
    "run_health": "One row per run, as Dagster recorded it.",
    "source_inventory": "One row per extract: owner, cadence, last delivery, whether it is late.",
    "storage": "One row per folder and schema: size, what removes something there, and when.",
}
_CHECK: Final = "stages_agree"
_COMMON: Final[dict[str, Any]] = {
    "group_name": "operations",
    "owners": ["team:data-platform"],
    "kinds": {"duckdb"},
}


@dg.multi_asset(
    name="keep_books",
    specs=[
        dg.AssetSpec(
            ["ops", table],
            description=text,
            deps=[["marts", "capability_status"], ["marts", "fct_order_lines"]],
            **_COMMON,
        )
        for table, text in _TABLES.items()
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=["ops", "reconciliation"],
            description="Every figure is the same at the source, in the ledger, in raw and in conformed.",
        )
    ],
    partitions_def=daily_partitions(active_settings()),
    backfill_policy=ONE_DATE_A_RUN,
    pool="warehouse",
    required_resource_keys={"settings", "writer", "run_options"},
)
def keep_books(context: dg.AssetExecutionContext) -> Iterator[Any]:
    settings: Settings = context.resources.settings
    as_of, now = date.fromisoformat(context.partition_key), datetime.now(UTC)
    with connect(settings) as con:
        record_runs(con, context.instance)
        everything = context.resources.run_options.full_refresh
        differences = reconcile(con, _feeds(settings), now=now, everything=everything)
        late = write_inventory(con, settings, load_contracts(settings), as_of=as_of)
        store_own_result(
            con,
            run_id=context.run_id,
            as_of=as_of,
            now=now,
            asset="ops.reconciliation",
            check_id=_CHECK,
            severity=_severity(differences),
            found=[str(difference) for difference in differences],
        )
    for table in _TABLES:
        yield dg.MaterializeResult(asset_key=["ops", table], metadata=_metadata(table, differences, late))
    yield dg.AssetCheckResult(
        asset_key=["ops", "reconciliation"],
        check_name=_CHECK,
        passed=not differences,
        severity=dg.AssetCheckSeverity.ERROR if _severity(differences) == "critical" else dg.AssetCheckSeverity.WARN,
        description="; ".join(str(difference) for difference in differences[:5]) or "All stages agree.",
        metadata={"differences": len(differences)},
    )


def _feeds(settings: Settings) -> list[Feed]:
    """Every extract of every contract, with the conformed entity that its staging model names."""
    conformed = conformed_measures(open_session(settings).manifest)
    feeds = []
    for contract in load_contracts(settings).values():
        for extract in contract.extracts:
            found = conformed.get(contract.table(extract))
            entity, columns = (found.entity, found.columns) if found else (None, {})
            feeds.append(Feed(contract.system, extract.name, extract.measures, entity, columns))
    return feeds


def _severity(differences: list[Difference]) -> str:
    """What was lost in the house is critical; what differs from the source's own figure, the source explains."""
    return "critical" if any(difference.stage != SOURCE_STAGE for difference in differences) else "warning"


def _metadata(table: str, differences: list[Difference], late: list[str]) -> dict[str, Any]:
    if table == "reconciliation":
        return {"differences": len(differences)}
    return {"late": ", ".join(late) or "none"} if table == "source_inventory" else {}
