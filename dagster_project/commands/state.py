"""What is true of a home right now: who writes the warehouse, and the ops tables to read meanwhile."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import duckdb

from dagster_project.errors import NotPublishedError, WarehouseBusyError
from dagster_project.publish.reader import open_release
from dagster_project.settings import Settings
from dagster_project.warehouse import connect


class Writer(NamedTuple):
    """The process that holds the warehouse; `since` is ISO 8601, as it wrote it down."""

    holder: str
    pid: int | None
    since: str

    def __str__(self) -> str:
        return f"{self.holder} (process {self.pid}, since {self.since})" if self.pid else self.holder


class Books(NamedTuple):
    """A connection whose default catalog has the schemas ops and quarantine, and how fresh they are."""

    con: duckdb.DuckDBPyConnection
    is_live: bool


def writer(settings: Settings) -> Writer | None:
    """Who writes the warehouse, or None, as the operating system knows: a dead process's note is no lock."""
    if not settings.lock_file.exists():
        return None
    with settings.lock_file.open(encoding="utf-8") as handle:
        try:
            # Shared and not waiting: it gives way at once, and a writer that comes meanwhile tries again.
            fcntl.flock(handle.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_note(handle.read())
    return None


def _read_note(text: str) -> Writer:
    try:
        note = json.loads(text)
        return Writer(note["holder"], note["pid"], note["since"])
    except (ValueError, KeyError):
        return Writer("another process", None, "")


@contextmanager
def books(settings: Settings, *, release_will_do: bool = True) -> Iterator[Books]:
    """The ledger and check results: live, or those in the last release while a run writes.

    Args:
        settings: Names the files.
        release_will_do: Whether a release can stand in; it has no quarantine.

    Raises:
        NotPublishedError: the home was never initialised.
        WarehouseBusyError: a run writes and no release can stand in.
    """
    if not settings.lake_file.exists():
        raise NotPublishedError(f"There is no warehouse in {settings.home.resolve()}.", "`tenure init`")
    with ExitStack() as stack:
        try:
            con, is_live = stack.enter_context(connect(settings, read_only=True)), True
        except WarehouseBusyError:
            if not (release_will_do and settings.release_file.exists()):
                raise
            con, is_live = stack.enter_context(open_release(settings)), False
        yield Books(con, is_live)
