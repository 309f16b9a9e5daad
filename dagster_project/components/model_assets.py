"""What the assets of `defs/ml` share: how a table of a model becomes an asset spec and a table of the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import dagster as dg
import duckdb
import pyarrow as pa

from dagster_project import model_store
from dagster_project.failpoints import failpoint
from ml.schemas import TABLES

#: Libraries whose version decides what a model file means; they stand on its card.
LIBRARIES: Final = ("numpy", "scikit-learn", "scipy", "skops")

_TYPES: Final[Mapping[pa.DataType, str]] = {
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.string(): "varchar",
    pa.bool_(): "boolean",
    pa.date32(): "date",
}


def library_versions() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}


def table_spec(table: str, *, group: str, owner: str, description: str, deps: Sequence[dg.AssetKey]) -> dg.AssetSpec:
    """Spec of `ml.<table>` with the columns of `ml.schemas`."""
    columns = [
        dg.TableColumn(
            name=field.name,
            type=_TYPES[field.type],
            description=field.metadata[b"description"].decode(),
            constraints=dg.TableColumnConstraints(nullable=field.nullable),
        )
        for field in TABLES[table]
    ]
    return dg.AssetSpec(
        ["ml", table],
        group_name=group,
        owners=[f"team:{owner}"],
        kinds={"scikitlearn", "duckdb"},
        description=description,
        deps=deps,
        metadata={"dagster/column_schema": dg.TableSchema(columns=columns)},
    )


def write_table(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, **metadata: str) -> dg.MaterializeResult:
    """Replace `warehouse.ml.<table>` by `rows`, with the types and nulls of `ml.schemas`."""
    schema = TABLES[table]
    columns = ", ".join(
        f'"{field.name}" {_TYPES[field.type]}{"" if field.nullable else " not null"}' for field in schema
    )
    con.execute("begin")
    con.execute("create schema if not exists warehouse.ml")
    con.execute(f'create or replace table warehouse.ml."{table}" ({columns})')
    con.register("model_rows", rows.select(schema.names))
    con.execute(f'insert into warehouse.ml."{table}" select * from model_rows')
    con.unregister("model_rows")
    failpoint("ml.table_filled")
    con.execute("commit")
    failpoint("ml.table_committed")
    return dg.MaterializeResult(asset_key=["ml", table], metadata={"dagster/row_count": rows.num_rows, **metadata})


def as_it_was(
    model: dg.AssetKey, folder: Path, written: Mapping[str, int | None], why: str
) -> Iterator[dg.MaterializeResult]:
    """Results of a fit that was not needed: the last model and its tables, by name with their rows, stand."""
    for name, rows in written.items():
        yield dg.MaterializeResult(asset_key=["ml", name], metadata={"dagster/row_count": rows, "unchanged": why})
    yield dg.MaterializeResult(asset_key=model, metadata={"unchanged": why, **model_metadata(folder)})


def model_metadata(folder: Path) -> dict[str, Any]:
    """What the UI shows of the current model: its id and its card."""
    stored = model_store.current(folder)
    if stored is None:
        return {}
    return {"model_id": stored.model_id, "card": dg.MetadataValue.path(str(folder / stored.model_id / "card.json"))}


def read(con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
    """The rows of a query as Arrow."""
    return con.sql(query, params=list(parameters)).to_arrow_table()


def as_of(context: dg.AssetExecutionContext) -> date:
    """Business date of the run."""
    return datetime.fromisoformat(context.partition_key).date()
