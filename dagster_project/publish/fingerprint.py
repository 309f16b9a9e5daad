"""What a release holds, as one short text: equal contents give equal text, whatever the order of the rows.

A table's fingerprint is its row count and the sum, without overflow, of a 64-bit hash of each whole row. All
columns are read, because nothing cheaper notices every change: row counts and sums per load stay equal when
the code of a model changes or when a corrected catalogue re-marks old lines. DuckDB's row hash is quick
enough for that: 2.4 CPU seconds for facts of 83 million rows. It may change with a version of DuckDB; then
one release is rewritten although its contents are equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import duckdb

PUBLISHED_SCHEMAS: Final = ("marts", "ml", "activation")
# Clocks: they differ on every run by design and say nothing about the contents.
_CLOCK_COLUMNS: Final = ("_loaded_at",)


class TableRows(NamedTuple):
    """A published table and how many rows it has."""

    schema_name: str
    table_name: str
    row_count: int


class Contents(NamedTuple):
    """Tables of a release in the order of their names, and the hash of everything in them (64 hex digits)."""

    tables: list[TableRows]
    content_hash: str


def fingerprint(con: duckdb.DuckDBPyConnection, catalog: str) -> Contents:
    """Read every published table of `catalog` once and hash its rows; of a view, hash its definition.

    >>> con = duckdb.connect()
    >>> _ = con.execute("attach ':memory:' as shop; create schema shop.marts")
    >>> _ = con.execute("create table shop.marts.sizes as select unnest([1, 2]) as size")
    >>> before = fingerprint(con, "shop")
    >>> _ = con.execute("create or replace table shop.marts.sizes as select unnest([2, 1]) as size")
    >>> fingerprint(con, "shop") == before, before.tables
    (True, [TableRows(schema_name='marts', table_name='sizes', row_count=2)])
    """
    digest = hashlib.sha256()
    tables = []
    for schema, table, columns in _tables(con, catalog):
        source = f"{identifier(catalog)}.{identifier(schema)}.{identifier(table)}"
        rows, row_sum = hash_rows(con, f"from {source}", columns)
        tables.append(TableRows(schema, table, rows))
        digest.update(repr((schema, table, columns, rows, row_sum)).encode())
    for view in _views(con, catalog):
        digest.update(repr(view).encode())
    return Contents(tables, digest.hexdigest())


def hash_rows(
    con: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[str],
    parameters: Mapping[str, object] | None = None,
) -> tuple[int, int]:
    """Row count and sum of row hashes of `source`, a `from` clause; the order of the rows does not matter."""
    names = ", ".join(identifier(column) for column in columns)
    select = f"select count(*), coalesce(sum(hash({names})::hugeint), 0)::hugeint {source}"
    [(rows, row_sum)] = con.execute(select, parameters or {}).fetchall()
    return rows, row_sum


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _tables(con: duckdb.DuckDBPyConnection, catalog: str) -> list[tuple[str, str, list[str]]]:
    return con.execute(
        """
        select schema_name, table_name, list(column_name order by column_index)
        from duckdb_columns()
        join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = ? and list_contains(?, schema_name) and not list_contains(?, column_name)
        group by schema_name, table_name
        order by schema_name, table_name
        """,
        [catalog, PUBLISHED_SCHEMAS, _CLOCK_COLUMNS],
    ).fetchall()


def _views(con: duckdb.DuckDBPyConnection, catalog: str) -> list[tuple[str, str, str]]:
    return con.execute(
        """
        select schema_name, view_name, sql from duckdb_views()
        where database_name = ? and list_contains(?, schema_name)
        order by schema_name, view_name
        """,
        [catalog, PUBLISHED_SCHEMAS],
    ).fetchall()
