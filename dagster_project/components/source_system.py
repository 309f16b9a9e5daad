"""`SourceSystem`: the extracts of one source system as raw assets, loaded by one op.

The attributes of its `defs.yaml` are the source contract itself (`dagster_project.extract.contract`): there is
no second description of a system in Python.
"""

# No `from __future__ import annotations` here: Dagster reads the annotation of an op's context as an object.
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final, Self

import dagster as dg
import duckdb
from pydantic import BaseModel

from dagster_project.components.partitions import ONE_DATE_A_RUN, daily_partitions
from dagster_project.errors import ExtractHeldError
from dagster_project.extract import Extract, LoadResult, SourceContract, load_extracts, prepare, unresolved
from dagster_project.settings import Settings, active_settings
from dagster_project.warehouse import connect

_KINDS: Final = {"csv": "csv", "csv.gz": "csv", "jsonl": "json", "jsonl.gz": "json", "parquet": "parquet"}


class SourceSystem(dg.Component):
    """A source system and the extracts that it delivers; nothing in a home of a pack without it.

    Attributes:
        contract: What the YAML says.
    """

    def __init__(self, contract: SourceContract) -> None:
        self.contract = contract

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        return SourceContract

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Self:  # noqa: ARG003 - Dagster's
        return cls(SourceContract.model_validate(attributes))

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return dg.ComponentTypeSpec(description="Extracts of one source system, as raw assets.", produces=["asset"])

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:  # noqa: ARG002 - Dagster's signature
        contract = self.contract
        if contract.system not in active_settings().sources_enabled:
            return dg.Definitions()

        @dg.multi_asset(
            name=f"load_{contract.system}",
            description=contract.description,
            specs=[_spec(contract, extract) for extract in contract.extracts],
            partitions_def=daily_partitions(active_settings()),
            backfill_policy=ONE_DATE_A_RUN,
            can_subset=True,
            pool="warehouse",
            required_resource_keys={"settings", "writer"},
        )
        def load_system(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
            yield from _load(context, contract)

        return dg.Definitions(assets=[load_system])


def _spec(contract: SourceContract, extract: Extract) -> dg.AssetSpec:
    columns = [
        dg.TableColumn(
            column.name,
            column.type,
            column.description,
            constraints=dg.TableColumnConstraints(nullable=column.nullable),
            tags={} if column.pii == "none" else {"pii": column.pii},
        )
        for column in extract.columns
    ]
    return dg.AssetSpec(
        key=["raw", contract.table(extract)],
        group_name=f"raw_{contract.system}",
        description=extract.description,
        owners=[contract.owner],
        kinds={"duckdb", _KINDS[extract.format]},
        tags={"system": contract.system, "load_mode": extract.load_mode},
        metadata={
            "dagster/column_schema": dg.TableSchema(columns),
            "file": extract.file,
            "primary_key": ", ".join(extract.primary_key) or "none",
            "bad_row_limit": extract.limits.bad_row_share,
            **({"freshness_days": extract.freshness_days} if extract.freshness_days else {}),
            **({"retention_days": extract.retention_days} if extract.retention_days else {}),
        },
    )


def _load(context: dg.AssetExecutionContext, contract: SourceContract) -> Iterator[dg.MaterializeResult]:
    """Load what was delivered up to the partition's date; fail while a delivery is in the way."""
    settings: Settings = context.resources.settings
    as_of = date.fromisoformat(context.partition_key)
    selected = {key.path[-1] for key in context.selected_asset_keys}
    extracts = [extract for extract in contract.extracts if contract.table(extract) in selected]
    with connect(settings) as con:
        prepare(con, settings, {contract.system: contract})
        reports = []
        for extract in extracts:
            started = time.monotonic()
            results = load_extracts(
                con,
                settings,
                contract,
                as_of=as_of,
                now=datetime.now(UTC),
                run_id=context.run_id,
                extracts=[extract.name],
                progress=context.log.debug,
            )
            reports.append((extract, results, _row_count(con, contract, extract), time.monotonic() - started))
        blocked = unresolved(con, as_of=as_of, system=contract.system)
    stuck = {item.extract for item in blocked}
    for extract, results, rows, seconds in reports:
        if extract.name not in stuck:
            yield dg.MaterializeResult(
                asset_key=["raw", contract.table(extract)], metadata=_metadata(results, rows, seconds)
            )
    stopping = [item for item in blocked if item.extract in {extract.name for extract in extracts}]
    if stopping:
        error = _held_error(stopping)
        raise dg.Failure(str(error), allow_retries=False) from error


def _row_count(con: duckdb.DuckDBPyConnection, contract: SourceContract, extract: Extract) -> int:
    """Rows in raw, superseded deliveries included; from the ledger, which costs nothing."""
    rows = con.execute(
        "select coalesce(sum(rows_loaded), 0)::bigint from ops.loads where system = $system and extract = $extract",
        {"system": contract.system, "extract": extract.name},
    ).fetchall()
    return int(rows[0][0])


def _metadata(results: Sequence[LoadResult], rows: int, seconds: float) -> Mapping[str, int | float]:
    return {
        "dagster/row_count": rows,
        "rows_loaded": sum(result.rows_loaded for result in results),
        "rows_quarantined": sum(result.rows_quarantined for result in results),
        "files": len(results),
        "files_loaded": sum(result.status == "loaded" for result in results),
        "files_duplicate": sum(result.status == "duplicate" for result in results),
        "seconds": round(seconds, 3),
    }


def _held_error(blocked: Sequence[LoadResult]) -> ExtractHeldError:
    """One plain paragraph about the deliveries that are in the way; the oldest are named."""
    named = "; ".join(
        f"{item.file} of {item.system} ({item.business_on}) is {item.status}: {item.reason}" for item in blocked[:3]
    )
    more = f"; and {len(blocked) - 3} more, see `tenure status`" if len(blocked) > 3 else ""
    return ExtractHeldError(
        f"The business day is not complete. {named}{more}. Nothing of it is in use; the last release stays published.",
        "put a corrected file of the same name into the inbox (or correct the contract and deliver the same file "
        "again), then `tenure run`",
    )
