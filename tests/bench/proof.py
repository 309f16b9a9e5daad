"""Proof that two databases hold the same: every table by row count and by a hash that no order of rows changes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

BUILT: Final = ("marts", "ml", "activation")
#: Audit: when a row was loaded, and the job's fingerprint of what a partition was built from.
AUDIT: Final = ("_loaded_at", "input_hash")
#: Sums of doubles depend on the order of adding: two right answers may differ in the last of 15 digits.
TOLERANCE: Final = 1e-12


def job_and_hand(job_home: Path, hand_home: Path) -> list[str]:
    """Differences between what the script built and the same in the job; empty when there are none."""
    with _job_beside_hand(job_home, hand_home) as con:
        alone = {f"{table} is only in job" for table in _only_in_job(con)}
        return [
            *(found for found in _compare(con, "job", "hand", BUILT, AUDIT) if found not in alone),
            *_compare(con, "lake", "hand", ("raw",), AUDIT),
            *_compare_checks(con),
        ]


def only_in_job(job_home: Path, hand_home: Path) -> list[str]:
    """Tables that the job publishes and the script does not build: they are in the job's time all the same."""
    with _job_beside_hand(job_home, hand_home) as con:
        return _only_in_job(con)


@contextmanager
def _job_beside_hand(job_home: Path, hand_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        _attach(con, job=job_home / "published" / "tenure.duckdb", lake=job_home / "build" / "lake.duckdb",
                hand=hand_home / "hand.duckdb")  # fmt: skip
        yield con


def _only_in_job(con: duckdb.DuckDBPyConnection) -> list[str]:
    return sorted(_tables(con, "job", BUILT, AUDIT).keys() - _tables(con, "hand", BUILT, AUDIT).keys())


def two_releases(one: Path, other: Path) -> list[str]:
    """Differences between two releases, provenance and fingerprints included."""
    with duckdb.connect() as con:
        _attach(con, one=one / "published" / "tenure.duckdb", other=other / "published" / "tenure.duckdb")
        return list(_compare(con, "one", "other", BUILT, ()))


def _attach(con: duckdb.DuckDBPyConnection, **files: Path) -> None:
    con.execute("set memory_limit = '2GB'; set threads = 2")
    for name, path in files.items():
        con.execute(f"attach '{path}' as {name} (read_only)")


def _compare(
    con: duckdb.DuckDBPyConnection, left: str, right: str, schemas: Sequence[str], leave_out: Sequence[str]
) -> Iterator[str]:
    tables, others = _tables(con, left, schemas, leave_out), _tables(con, right, schemas, leave_out)
    for table in sorted(tables.keys() ^ others.keys()):
        yield f"{table} is only in {left if table in tables else right}"
    for table in sorted(tables.keys() & others.keys()):
        columns = tables[table]
        if columns != others[table]:
            yield f"{table}: columns {columns} in {left}, {others[table]} in {right}"
        elif (one := _digest(con, left, table, columns)) != (two := _digest(con, right, table, columns)):
            yield from _explain(con, left, right, table, columns, one[0], two[0])


def _tables(
    con: duckdb.DuckDBPyConnection, catalog: str, schemas: Sequence[str], leave_out: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Columns and their types by table."""
    rows = con.execute(
        """
        select schema_name || '.' || table_name, column_name, data_type
        from duckdb_columns() inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = $catalog and list_contains($schemas, schema_name)
            and not list_contains($leave_out, column_name)
        order by column_index
        """,
        {"catalog": catalog, "schemas": list(schemas), "leave_out": list(leave_out)},
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, data_type in rows:
        tables.setdefault(table, {})[column] = data_type
    return tables


def _digest(con: duckdb.DuckDBPyConnection, catalog: str, table: str, columns: Sequence[str]) -> tuple[int, int]:
    names = ", ".join(f'"{name}"' for name in columns)
    query = f"select count(*), coalesce(sum(hash({names})::hugeint), 0) from {catalog}.{table}"
    return con.execute(query).fetchall()[0]


def _explain(
    con: duckdb.DuckDBPyConnection,
    left: str,
    right: str,
    table: str,
    columns: Mapping[str, str],
    rows: int,
    others: int,
) -> Iterator[str]:
    """Why the rows differ; nothing if only doubles do, and by rounding alone."""
    exact = [name for name, kind in columns.items() if kind != "DOUBLE"]
    if rows != others:
        yield f"{table}: {rows} rows in {left}, {others} in {right}"
    elif _digest(con, left, table, exact) != _digest(con, right, table, exact):
        wrong = [name for name in exact if _digest(con, left, table, [name]) != _digest(con, right, table, [name])]
        yield f"{table}: differs in {', '.join(wrong) or 'the way its columns belong together'}"
    else:
        for name in set(columns) - set(exact):
            one, two = (_moments(con, catalog, table, name) for catalog in (left, right))
            if not all(math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE) for a, b in zip(one, two, strict=True)):
                yield f"{table}: {name} differs by more than rounding"


def _moments(con: duckdb.DuckDBPyConnection, catalog: str, table: str, column: str) -> tuple[float, ...]:
    """Figures that doubles which are equal but for rounding agree on."""
    query = f"""
        select count(c), coalesce(fsum(c), 0), coalesce(fsum(c * c), 0), coalesce(min(c), 0), coalesce(max(c), 0)
        from (select "{column}" as c from {catalog}.{table})"""
    return con.execute(query).fetchall()[0]


def _compare_checks(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Both sides must find the same number of bad rows by every rule that both have; a rule with nothing new is not
    run by the job."""
    rows = con.execute("""
        with last_run as (
            select check_id, rows_failed from lake.ops.check_results
            where engine = 'great_expectations' and rows_failed is not null
                and run_id = (select run_id from lake.ops.check_results order by checked_at desc limit 1)
        ),
        by_hand as (
            select rule, rows_failed from hand.ops.checks
            where as_of_on = (select max(as_of_on) from hand.ops.checks)
        )
        select check_id, last_run.rows_failed, by_hand.rows_failed
        from last_run inner join by_hand on rule = check_id
        where last_run.rows_failed is distinct from by_hand.rows_failed
        order by 1""").fetchall()
    for rule, job, hand in rows:
        yield f"check {rule}: {job} bad rows by the job, {hand} by hand"
