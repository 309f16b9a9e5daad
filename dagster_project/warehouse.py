"""Connections to the two private DuckDB files, and the lock that lets one process write them.

Free of Dagster. Connections are opened late and closed at once: DuckDB allows one writing process, and a
connection held open shuts every other process out.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.errors import WarehouseBusyError
from dagster_project.settings import Settings


@contextmanager
def connect(settings: Settings, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both files in one connection, as catalogs `lake` and `warehouse`.

    The default catalog is `lake` (raw, quarantine, ops, staging, conformed, intermediate); marts, ml and
    activation are reached as `warehouse.<schema>.<table>`.
    """
    settings.lake_file.parent.mkdir(parents=True, exist_ok=True)
    mode = " (read_only)" if read_only else ""
    con = duckdb.connect(":memory:", config=engine_config(settings))
    try:
        for name, path in (("lake", settings.lake_file), ("warehouse", settings.warehouse_file)):
            if read_only and not path.exists():
                continue
            _attach(con, f"attach {quote(path)} as {name}{mode}", settings)
        if settings.lake_file.exists():
            con.execute("use lake")
        yield con
    finally:
        con.close()


def _attach(con: duckdb.DuckDBPyConnection, statement: str, settings: Settings) -> None:
    try:
        con.execute(statement)
    except duckdb.IOException as error:
        # DuckDB shuts every other process out of a file that one process writes.
        if "lock" not in str(error):
            raise
        raise _busy(settings) from error


def _busy(settings: Settings) -> WarehouseBusyError:
    return WarehouseBusyError(
        f"The warehouse is being written by {_describe(settings.lock_file)}.",
        "wait for it to end (`tenure status`), or `tenure doctor` if you believe it is dead",
    )


def engine_config(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    """Configuration that every DuckDB connection of the project shares."""
    return {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(settings.spill),
        # The insertion order of a table carries no meaning here, and keeping it costs memory and time.
        "preserve_insertion_order": False,
    }


def quote(path: Path) -> str:
    """A path as an SQL string literal."""
    return "'" + str(path).replace("'", "''") + "'"


def ensure_tables(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Create the ops and quarantine tables from `warehouse/ddl/*.sql` where they are missing."""
    for script in sorted(settings.ddl.glob("*.sql")):
        con.execute(script.read_text(encoding="utf-8"))


def row_counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Exact rows of every table (not view) of both files, by `schema.table`. DuckDB reads them off its metadata."""
    tables = con.execute(
        "select database_name, schema_name, table_name from duckdb_tables()"
        " where database_name in ('lake', 'warehouse')"
    ).fetchall()
    if not tables:
        return {}
    counts = " union all ".join(
        f'select \'{schema}.{table}\', (select count(*) from "{catalog}"."{schema}"."{table}")'
        for catalog, schema, table in tables
    )
    return dict(con.execute(counts).fetchall())


@contextmanager
def writer_lock(settings: Settings, *, holder: str, since: datetime) -> Iterator[None]:
    """Hold the warehouse for writing; wait up to `lock_wait_seconds`, then say who holds it.

    The lock is the operating system's: it is gone when its process is gone, however that ended.
    """
    settings.lock_file.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + settings.lock_wait_seconds
    with settings.lock_file.open("a+", encoding="utf-8") as handle:
        while not _try_lock(handle.fileno()):
            if time.monotonic() >= deadline:
                raise _busy(settings)
            time.sleep(0.2)
        handle.seek(0)
        handle.truncate()
        json.dump({"pid": os.getpid(), "holder": holder, "since": since.isoformat(timespec="seconds")}, handle)
        handle.flush()
        try:
            yield
        finally:
            handle.seek(0)
            handle.truncate()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _describe(lock_file: Path) -> str:
    try:
        note = json.loads(lock_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "another process"
    return f"{note['holder']} (process {note['pid']}, since {note['since']})"
