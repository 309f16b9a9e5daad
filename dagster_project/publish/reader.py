"""Connections to the published release that can read its tables and do nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from dagster_project.errors import NotPublishedError
from dagster_project.settings import Settings
from dagster_project.warehouse import engine_config, quote

# Schemas whose tables are found by their bare name, in this order.
_SEARCH_PATH: Final = "tenure.marts,tenure.ml,tenure.activation,tenure.ops"


@contextmanager
def open_release(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The release as catalog `tenure`: read-only, no file or network access, configuration locked.

    A connection keeps the release it opened, also while the next one is published.

    Raises:
        NotPublishedError: there is no release yet.
    """
    if not settings.release_file.exists():
        raise NotPublishedError(f"Nothing is published in {settings.home.resolve()}.", "`tenure run`")
    # Attached to an in-memory database: opened directly, DuckDB hands a process that still holds an older
    # release that one again, and shares its locked configuration.
    con = duckdb.connect(":memory:", config=_reader_config(settings))
    try:
        con.execute(f"attach {quote(settings.release_file)} as tenure (read_only)")
        con.execute("use tenure")
        con.execute(f"set search_path = '{_SEARCH_PATH}'")
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        yield con
    finally:
        con.close()


def _reader_config(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    return engine_config(settings) | {
        # DuckDB names spill files alike in every process, so readers must not share a folder.
        "temp_directory": f"{settings.spill}-reader-{os.getpid()}",
        # `limit` without `order by` gives the same rows twice.
        "preserve_insertion_order": True,
    }
