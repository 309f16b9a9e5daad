"""Connections are short, the writer's lock is exclusive, row counts are exact."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import duckdb
import pytest

from dagster_project.errors import WarehouseBusyError
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, quote, row_counts, writer_lock

NOON = datetime(2018, 1, 1, 12, tzinfo=UTC)


def test_tables_of_both_files_in_one_connection(settings: Settings) -> None:
    with connect(settings) as con:
        con.execute("create schema raw; create schema warehouse.marts")
        con.execute("create table raw.lines as select range as line from range(3)")
        con.execute("create table warehouse.marts.totals as select count(*) as lines from raw.lines")
        assert row_counts(con) == {"raw.lines": 3, "marts.totals": 1}


def test_another_process_can_write_as_soon_as_the_connection_is_closed(settings: Settings) -> None:
    with connect(settings) as con:
        con.execute("create schema raw")
    code = f"import duckdb; duckdb.connect({str(settings.lake_file)!r}).execute('create table raw.t as select 1')"
    subprocess.run([sys.executable, "-c", code], check=True)
    with connect(settings, read_only=True) as con:
        assert row_counts(con) == {"raw.t": 1}


def test_read_only_connection_refuses_to_write(settings: Settings) -> None:
    with connect(settings) as con:
        con.execute("create schema raw")
    with connect(settings, read_only=True) as con, pytest.raises(duckdb.InvalidInputException, match="read-only"):
        con.execute("create table raw.t as select 1")


def test_second_writer_is_told_who_holds_the_warehouse(settings: Settings) -> None:
    with (
        writer_lock(settings, holder="run abc", since=NOON),
        pytest.raises(WarehouseBusyError, match=r"run abc \(process \d+, since 2018-01-01T12:00:00"),
        writer_lock(settings, holder="run def", since=NOON),
    ):
        pass


def test_the_lock_of_a_killed_process_is_free(settings: Settings) -> None:
    code = (
        "import os\nfrom dagster_project.settings import Settings\nfrom dagster_project.warehouse import *\n"
        f"s = Settings(home={str(settings.home)!r})\n"
        "w = writer_lock(s, holder='dead', since=datetime(2018, 1, 1)); w.__enter__(); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    with writer_lock(settings, holder="alive", since=NOON):
        assert '"holder": "alive"' in settings.lock_file.read_text()


def test_paths_are_quoted_as_literals(settings: Settings) -> None:
    assert quote(settings.home / "it's") == f"'{settings.home}/it''s'"
