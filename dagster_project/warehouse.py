"""Connections to the two private DuckDB files, and the lock that lets one process write them.

Free of Dagster. Connections are opened late and closed at once: DuckDB allows one writing process, and a
connection held open shuts every other process out.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from dagster_project.errors import StorageError, WarehouseBusyError
from dagster_project.settings import Settings

#: A full disk, a spent quota, a file at the limit of its size.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FULL_WORDS: Final = tuple(os.strerror(number) for number in sorted(_FULL))
#: Dagster keeps its runs in SQLite, which tells a file that may not grow from a full disk.
_FULL_SQLITE: Final = frozenset({"SQLITE_FULL", "SQLITE_IOERR_WRITE"})


@contextmanager
def connect(settings: Settings, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both files in one connection, as catalogs `lake` and `warehouse`.

    The default catalog is `lake` (raw, quarantine, ops, staging, conformed, intermediate); marts, ml and
    activation are reached as `warehouse.<schema>.<table>`.

    Raises:
        WarehouseBusyError: another process writes.
        StorageError: a file cannot be opened; says which, and what to do.
    """
    settings.lake_file.parent.mkdir(parents=True, exist_ok=True)
    mode = " (read_only)" if read_only else ""
    con = duckdb.connect(":memory:", config=engine_config(settings))
    try:
        for name, path in (("lake", settings.lake_file), ("warehouse", settings.warehouse_file)):
            if read_only and not path.exists():
                continue
            _attach(con, path, f"attach {quote(path)} as {name}{mode}", settings)
        if settings.lake_file.exists():
            con.execute("use lake")
        yield con
    finally:
        con.close()


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block does, or nothing of it."""
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()


@contextmanager
def connect_lake(settings: Settings, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A lake that is being made beside its place, alone in its connection."""
    con = duckdb.connect(":memory:", config=engine_config(settings))
    try:
        con.execute(f"attach {quote(path)} as lake")
        con.execute("use lake")
        yield con
    finally:
        con.close()


def _attach(con: duckdb.DuckDBPyConnection, path: Path, statement: str, settings: Settings) -> None:
    try:
        con.execute(statement)
    except duckdb.Error as error:
        # DuckDB shuts every other process out of a file that one process writes.
        if isinstance(error, duckdb.IOException) and "lock" in str(error):
            raise _busy(settings) from error
        raise unreadable(path, error) from error


def unreadable(path: Path, error: duckdb.Error) -> StorageError:
    """A file of the build that does not open, in words and with the command that mends it."""
    if not os.access(path, os.R_OK | os.W_OK) and path.exists():
        return StorageError(
            f"{path} may not be read and written by this user. Nothing was published.", "correct its permissions"
        )
    return StorageError(
        f"{path} cannot be opened: {str(error).splitlines()[0]}. It is damaged. Nothing was published; the last "
        "release stays as it is.",
        "`tenure rebuild` sets it aside and makes it again",
    )


def out_of_space(error: BaseException, settings: Settings) -> StorageError | None:
    """The plain words for a full disk, if that is what an error is about: of Python, SQLite, or DuckDB in a text."""
    is_full = isinstance(error, OSError) and error.errno in _FULL
    is_full = is_full or (isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorname", "") in _FULL_SQLITE)
    if not is_full and not any(words in str(error) for words in _FULL_WORDS):
        return None
    return StorageError(
        f"There is no room left to write below {settings.home.resolve()}. Nothing was published; the last release "
        "stays as it is, and what was committed is kept.",
        "make room (`tenure doctor` shows what is free), then `tenure run`",
    )


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
