"""The tables that the loader writes: ledger, quarantine and one typed raw table per extract."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import duckdb

from dagster_project.errors import ConfigurationError
from dagster_project.extract.contract import Extract, SourceContract
from dagster_project.extract.reading import identifier
from dagster_project.settings import Settings
from dagster_project.warehouse import ensure_tables, transaction

#: Every raw table ends with these: name, type, meaning.
AUDIT_COLUMNS: Final = (
    ("_load_id", "varchar", "Delivery the row came with: ops.loads.load_id."),
    ("_source_file", "varchar", "Name under which its file was delivered."),
    ("_row_number", "bigint", "Data row in that file, from 1, the header not counted."),
    ("_business_on", "date", "Business date in the name of that file."),
    ("_loaded_at", "timestamp", "UTC time of the run that loaded it; the one column that differs between rebuilds."),
)
_EXTRA_COLUMN: Final = (
    "_extra",
    "varchar",
    "Values of columns that the contract does not know, as JSON text by header; null without such. May be personal.",
)
_CREATED: Final = re.compile(r"create table if not exists (\w+\.\w+) \((.*?)\n\);", re.DOTALL)
#: A table's own column, not a key over several.
_COLUMN: Final = re.compile(r"^    (?!primary |unique )(\w+) ", re.MULTILINE)


def prepare(con: duckdb.DuckDBPyConnection, settings: Settings, contracts: Mapping[str, SourceContract]) -> None:
    """Create what is missing: ops and quarantine tables, and an empty raw table for every extract.

    Raises:
        ConfigurationError: a raw table and its contract differ, the home was made by a version with other tables,
            a pattern is not one that DuckDB can match, or the path of the home cannot be given to DuckDB.
    """
    if set("*?[]") & set(str(settings.home.resolve())):
        raise ConfigurationError(
            f"The path {settings.home.resolve()} holds one of * ? [ ], which DuckDB reads as a file pattern",
            "set TENURE_HOME to another folder",
        )
    # One transaction: committing each of these statements alone takes five times as long.
    with transaction(con):
        _ensure_ops(con, settings)
        con.execute("create schema if not exists raw")
        for contract in contracts.values():
            for extract in contract.extracts:
                _check_patterns(con, contract, extract)
                _ensure_raw(con, contract, extract)


def _ensure_ops(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Run `warehouse/ddl/` only where a table is missing: its sixty comments cost more than loading a day."""
    wanted = declared_columns(settings)
    existing: dict[str, set[str]] = dict(
        con.execute(
            "select schema_name || '.' || table_name, list(column_name) from duckdb_columns() "
            "where database_name = current_database() and schema_name in ('ops', 'quarantine', 'intermediate') "
            "group by all"
        ).fetchall()
    )
    for table in sorted(wanted.keys() & existing.keys()):
        changed = sorted(wanted[table] ^ set(existing[table]))
        if changed:
            raise ConfigurationError(
                f"This home was made by another version: {table} differs in {', '.join(changed)}. Nothing was changed.",
                "`tenure rebuild --all`, then `tenure run --full-refresh`; customer_ids and decisions are kept",
            )
    if not wanted.keys() <= existing.keys():
        ensure_tables(con, settings)


def declared_columns(settings: Settings) -> dict[str, set[str]]:
    """Columns of every table in `warehouse/ddl/`, by `schema.table`."""
    scripts = (path.read_text(encoding="utf-8") for path in settings.ddl.glob("*.sql"))
    return {table: set(_COLUMN.findall(columns)) for script in scripts for table, columns in _CREATED.findall(script)}


def _ensure_raw(con: duckdb.DuckDBPyConnection, contract: SourceContract, extract: Extract) -> None:
    table = contract.table(extract)
    expected = [(column.name, column.type, column.description) for column in extract.columns] + list(AUDIT_COLUMNS)
    if extract.schema_mode == "evolve":
        expected.append(_EXTRA_COLUMN)
    existing = con.execute(
        "select column_name, lower(data_type) from duckdb_columns() "
        "where database_name = current_database() and schema_name = 'raw' and table_name = $table "
        "order by column_index",
        {"table": table},
    ).fetchall()
    if not existing:
        columns = ", ".join(f"{identifier(name)} {sql_type}" for name, sql_type, _ in expected)
        con.execute(f"create table raw.{identifier(table)} ({columns})")
        for name, _, meaning in expected:
            con.execute(f"comment on column raw.{identifier(table)}.{identifier(name)} is {_text(meaning)}")
        con.execute(f"comment on table raw.{identifier(table)} is {_text(extract.description)}")
        return
    if existing != [(name, sql_type) for name, sql_type, _ in expected]:
        changed = sorted({name for name, _ in set(existing) ^ {(name, kind) for name, kind, _ in expected}})
        what = f"columns {', '.join(changed)} differ" if changed else "the columns stand in another order"
        raise ConfigurationError(
            f"raw.{table} and its contract do not agree: {what}",
            "undo the change of the contract, or start a new TENURE_HOME and load again",
        )


def _check_patterns(con: duckdb.DuckDBPyConnection, contract: SourceContract, extract: Extract) -> None:
    for column in extract.columns:
        if column.pattern is None:
            continue
        try:
            con.execute("select regexp_full_match('', $pattern)", {"pattern": column.pattern})
        except duckdb.InvalidInputException as error:
            raise ConfigurationError(
                f"pattern of {contract.table(extract)}.{column.name} is not an RE2 expression",
                "write it without look-around and back references",
            ) from error


def _text(value: str) -> str:
    """A text as an SQL literal: comments cannot be bound."""
    return "'" + value.replace("'", "''") + "'"
