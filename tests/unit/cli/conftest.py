"""A home of its own for each test, and `tenure` as a user types it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from dagster_project.cli import execute
from dagster_project.commands import terminal
from dagster_project.launch import ENVIRONMENT
from dagster_project.publish.release import publish_release
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, ensure_tables

AS_OF = date(2017, 12, 31)
NOW = datetime(2018, 1, 1, 3, 0)  # noqa: DTZ001 - the ledger keeps UTC without a zone

LOADS = """
    insert into ops.loads
        (load_id, system, extract, file, sha256, business_on, version, load_mode, status, reason,
         rows_in, rows_loaded, rows_quarantined, bytes, run_id, loaded_at, file_modified_at)
    select
        load_id, system, extract, file, load_id, business_on, version, 'append', status, reason,
        rows_in, rows_loaded, rows_quarantined, 1000, 'r1', '2018-01-01 02:00:00', '2018-01-01 01:00:00'
    from (values
        ('a1', 'pos', 'transactions', 'transactions_2017-12-30.csv.gz', '2017-12-30'::date, 1,
         'loaded', null, 1500, 1498, 2),
        ('a2', 'pos', 'transactions', 'transactions_2017-12-31.csv.gz', '2017-12-31', 1,
         'rejected', 'the gzip stream ends early', 0, 0, 0),
        ('a3', 'crm', 'demographics', 'demographics_2017-01-01.csv', '2017-01-01', 1,
         'superseded', '40 of 800 rows are bad', 800, 0, 800),
        ('a4', 'crm', 'demographics', 'demographics_2017-01-01.csv', '2017-01-01', 2,
         'loaded', null, 801, 801, 0)
    ) as loads (
        load_id, system, extract, file, business_on, version, status, reason,
        rows_in, rows_loaded, rows_quarantined
    );
    insert into quarantine.bad_rows
        (load_id, system, extract, source_file, row_number, rule, column_name, payload, quarantined_at)
    values
        ('a1', 'pos', 'transactions', 'transactions_2017-12-30.csv.gz', 7, 'cast', 'quantity', '1,2,x',
         '2018-01-01 02:00:00'),
        ('a1', 'pos', 'transactions', 'transactions_2017-12-30.csv.gz', 9, 'cast', 'quantity', '1,2,y',
         '2018-01-01 02:00:00');
"""
CHECKS = """
    insert into ops.check_results
        (run_id, as_of_on, asset, suite, check_id, engine, severity, on_fail, status,
         rows_checked, rows_failed, sample_query, checked_at)
    values
        ('r0', '2017-12-30', 'raw.pos__transactions', 'raw.pos__transactions', 'sales_not_negative',
         'great_expectations', 'critical', 'block', 'failed', 900, 3, 'select 1', '2018-01-01 01:00:00'),
        ('r1', '2017-12-31', 'raw.pos__transactions', 'raw.pos__transactions', 'sales_not_negative',
         'great_expectations', 'critical', 'block', 'passed', 1498, 0, null, '2018-01-01 02:00:00'),
        ('r1', '2017-12-31', 'raw.pos__transactions', 'raw.pos__transactions', 'quantity_positive',
         'great_expectations', 'warning', 'report', 'failed', 1498, 9,
         'select row_number from quarantine.bad_rows', '2018-01-01 02:00:00');
"""


class Outcome(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Tenure = Callable[..., Outcome]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an empty home, in the environment too; what a command adds to that is taken back."""
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "home"))
    for name in (*ENVIRONMENT, "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)
    return Settings()


@pytest.fixture
def tenure(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tenure:
    """Runs one command in this process."""

    def run(*arguments: str) -> Outcome:
        terminal.out.cache_clear()
        terminal.err.cache_clear()
        monkeypatch.setattr(sys, "argv", ["tenure", *arguments])
        code = execute()
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run


@pytest.fixture
def booked(settings: Settings) -> Settings:
    """A home with a ledger, rows in quarantine and check results, as a run leaves them."""
    with connect(settings) as con:
        ensure_tables(con, settings)
        con.execute(LOADS)
        con.execute(CHECKS)
    return settings


@pytest.fixture
def published(booked: Settings) -> Settings:
    """The booked home with a release of one small mart."""
    with connect(booked) as con:
        for schema in ("marts", "ml", "activation"):
            con.execute(f"create schema warehouse.{schema}")
        con.execute(
            "create table warehouse.marts.fct_orders as"
            " select * from (values (1, 'north', 4.50::decimal(12, 2)), (2, null, 10.00))"
            " as orders (order_id, region, sales_amount)"
        )
    publish_release(booked, as_of=AS_OF, run_id="r1", now=NOW)
    return booked
