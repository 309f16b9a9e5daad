"""`tenure backfill`: each day once, in order, and again only where something changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from dagster_project.commands import backfill
from dagster_project.errors import QualityGateError
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.cli.conftest import Tenure

START = datetime(2018, 2, 1)  # noqa: DTZ001 - UTC without a zone, as tables hold it


@pytest.fixture
def days(booked: Settings, monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """Takes the place of the job; holds the days it was run for. A run leaves its row in `ops.run_health`."""
    ran: list[date] = []

    def run_daily(settings: Settings, as_of: date, **options: Any) -> None:
        if as_of == date(2018, 1, 3) and len(ran) == 2:
            raise QualityGateError("closed", "look")
        ran.append(as_of)
        with connect(settings) as con:
            con.execute(
                "insert into ops.run_health values (?, 'daily', ?, ?, ?, 'success', 1, 1, 0)",
                [f"r{len(ran)}", as_of, START, START + timedelta(minutes=len(ran))],
            )

    monkeypatch.setattr(backfill, "run_daily", run_daily)
    return ran


def test_an_interrupted_backfill_goes_on_where_it_stopped(tenure: Tenure, booked: Settings, days: list[date]) -> None:
    stopped = tenure("backfill", "--from", "2018-01-01", "--to", "2018-01-04")
    assert (stopped.code, days) == (5, [date(2018, 1, 1), date(2018, 1, 2)])
    days.append(date(2018, 1, 2))
    done = tenure("backfill", "--from", "2018-01-01", "--to", "2018-01-04")
    assert (done.code, days[3:]) == (0, [date(2018, 1, 3), date(2018, 1, 4)])
    assert "2 days run, 2 days current" in done.out
    assert "0 days run, 4 days current" in tenure("backfill", "--from", "2018-01-01", "--to", "2018-01-04").out


def test_a_late_file_makes_its_day_and_those_after_it_due(tenure: Tenure, booked: Settings, days: list[date]) -> None:
    days.extend([date(2017, 1, 1)] * 3)
    tenure("backfill", "--from", "2018-01-01", "--to", "2018-01-04")
    del days[:]
    with connect(booked) as con:
        con.execute("update ops.loads set business_on = '2018-01-02', loaded_at = '2018-03-01' where load_id = 'a4'")
    tenure("backfill", "--from", "2018-01-01", "--to", "2018-01-04")
    assert days[0] == date(2018, 1, 2)


def test_a_range_that_ends_before_it_begins_is_refused(tenure: Tenure) -> None:
    assert tenure("backfill", "--from", "2018-01-02", "--to", "2018-01-01").code == 2
