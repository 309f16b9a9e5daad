"""`tenure status`, `check` and `quarantine`: what the ledger says, in a person's words."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb
import pytest

from dagster_project.settings import Settings
from dagster_project.warehouse import connect, writer_lock
from tests.unit.cli.conftest import Tenure


def words(text: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]


def test_before_init_the_next_command_is_named(tenure: Tenure) -> None:
    for command in (["status"], ["check"], ["quarantine", "list"]):
        outcome = tenure(*command)
        assert (outcome.code, outcome.out) == (8, "")
        assert outcome.err.count("\n") == 1
        assert "tenure init" in outcome.err


def test_status_counts_files_and_rows_by_system(tenure: Tenure, booked: Settings) -> None:
    outcome = tenure("status")
    assert outcome.code == 0
    lines = words(outcome.out)
    # files, rows in, loaded, quarantined, held or rejected, duplicate, superseded, latest day
    assert ["pos", "1", "1,500", "1,498", "2", "1", "0", "0", "2017-12-30"] in lines
    assert ["crm", "1", "801", "801", "0", "0", "0", "1", "2017-01-01"] in lines
    assert ["Release", "none yet; `tenure run` makes one"] in lines
    assert ["Writing now", "nobody"] in lines


def test_status_names_files_that_stop_the_job_and_why(tenure: Tenure, booked: Settings) -> None:
    outcome = tenure("status")
    aside = outcome.out.partition("Held or rejected")[2]
    assert "transactions_2017-12-31.csv.gz" in aside
    assert "the gzip stream ends early" in aside
    assert "demographics" not in aside, "a later delivery has replaced it"


def test_status_shows_the_release(tenure: Tenure, published: Settings) -> None:
    release = dict(line for line in words(tenure("status").out) if len(line) == 2)["Release"]
    assert release.startswith("2017-12-31-")
    assert "published 2018-01-01 03:00 UTC" in release


@contextmanager
def another_process_writes(settings: Settings) -> Iterator[None]:
    """Holds the private files open for writing, as a run does; DuckDB then shuts other processes out."""
    script = "import sys, duckdb\ncon = duckdb.connect(sys.argv[1])\nprint('ready', flush=True)\nsys.stdin.read()\n"
    command = [sys.executable, "-c", script, str(settings.lake_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        yield
        assert process.stdin
        process.stdin.close()


def test_while_a_run_writes_the_ledger_of_the_release_is_shown(tenure: Tenure, published: Settings) -> None:
    since = datetime(2018, 1, 2, tzinfo=UTC)
    with another_process_writes(published), writer_lock(published, holder="run 1234", since=since):
        status, check, listed = tenure("status"), tenure("check"), tenure("quarantine", "list")
    assert status.code == check.code == 0
    assert "run 1234 (process" in status.out
    assert "as of the last release" in status.out
    assert "1,498" in status.out
    assert "results of the last release" in check.err
    assert listed.code == 4
    assert "run 1234" in listed.err


def test_while_the_first_run_writes_there_is_nothing_to_show_yet(tenure: Tenure, booked: Settings) -> None:
    with another_process_writes(booked):
        outcome = tenure("status")
    assert outcome.code == 4
    assert outcome.err.count("\n") == 1


def test_a_damaged_file_is_not_taken_for_a_busy_one(tenure: Tenure, booked: Settings) -> None:
    booked.lake_file.write_bytes(b"not a database")
    outcome = tenure("status")
    assert outcome.code == 9
    assert "tenure rebuild" in outcome.err


def test_check_counts_the_latest_results_by_suite(tenure: Tenure, booked: Settings) -> None:
    outcome = tenure("check")
    assert outcome.code == 0
    [row] = [line for line in words(outcome.out) if line[:2] == ["raw.pos__transactions", "great_expectations"]]
    # checks, passed, failed critical, warning, info, as of
    assert row[2:8] == ["2", "1", "0", "1", "0", "2017-12-31"]
    assert "quantity_positive" in outcome.out
    assert "sales_not_negative" not in outcome.out, "its latest result is a pass"


def test_check_ends_with_5_when_a_blocking_check_fails(tenure: Tenure, booked: Settings) -> None:
    with connect(booked) as con:
        con.execute("delete from ops.check_results where run_id = 'r1'")
    outcome = tenure("check")
    assert outcome.code == 5
    assert "sales_not_negative" in outcome.out
    assert "tenure check --rows sales_not_negative" in outcome.err


def test_check_shows_the_failing_rows(tenure: Tenure, booked: Settings) -> None:
    outcome = tenure("check", "--rows", "quantity_positive")
    assert outcome.code == 0
    assert outcome.out.split() == ["row_number", "7", "9"]


def test_failing_rows_of_a_mart_are_found_without_its_catalog(tenure: Tenure, published: Settings) -> None:
    with connect(published) as con:
        con.execute('update ops.check_results set sample_query = \'select order_id from "marts"."fct_orders"\'')
    assert tenure("check", "--rows", "quantity_positive").out.split() == ["order_id", "1", "2"]


def test_rows_of_a_check_that_does_not_fail_are_refused(tenure: Tenure, booked: Settings) -> None:
    assert tenure("check", "--rows", "sales_not_negative").code == 2


def test_quarantine_list_counts_rows_by_rule(tenure: Tenure, booked: Settings) -> None:
    outcome = tenure("quarantine", "list")
    [row] = [line for line in words(outcome.out) if line[0] == "pos"]
    assert row[1:] == ["transactions_2017-12-30.csv.gz", "a1", "cast", "quantity", "2"]


@pytest.mark.parametrize("load", ["a1", "transactions_2017-12-30.csv.gz"])
def test_quarantine_show_gives_rows_as_delivered(tenure: Tenure, booked: Settings, load: str) -> None:
    outcome = tenure("quarantine", "show", load, "--limit", "1")
    assert outcome.code == 0
    assert "1,2,x" in outcome.out
    assert "1,2,y" not in outcome.out
    assert "more than 1 row;" in outcome.out


def test_quarantine_show_of_an_unknown_load_is_refused(tenure: Tenure, booked: Settings) -> None:
    outcome = tenure("quarantine", "show", "nowhere")
    assert outcome.code == 2
    assert "tenure quarantine list" in outcome.err


def test_an_empty_quarantine_says_so(tenure: Tenure, booked: Settings) -> None:
    with duckdb.connect(str(booked.lake_file)) as con:
        con.execute("delete from quarantine.bad_rows")
    assert tenure("quarantine", "list").out == "The quarantine is empty.\n"
