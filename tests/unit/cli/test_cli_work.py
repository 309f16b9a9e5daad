"""`tenure init`, `demo`, `load`, `run`, `report`, `dev`: what is asked of the layers below, and what is printed."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from datetime import date

import pytest

from dagster_project.commands import dev, work
from dagster_project.errors import QualityGateError
from dagster_project.launch import RunSummary
from dagster_project.settings import Settings
from tests.unit.cli.conftest import AS_OF, Tenure

SUMMARY = RunSummary(
    run_id="r1",
    as_of=AS_OF,
    seconds=83.0,
    released=True,
    release_id="2017-12-31-abc",
    content_hash="0123456789abcdef" * 4,
    rows={"order lines": 1_469_307, "customers": 2_469},
    warnings=0,
    failed_checks=[],
)


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> list[tuple[date, bool]]:
    """Takes the place of the job; holds what it was asked for."""
    asked: list[tuple[date, bool]] = []

    def run_daily(
        settings: Settings, as_of: date, *, full_refresh: bool, progress: Callable[[str], None]
    ) -> RunSummary:
        progress("staging")
        asked.append((as_of, full_refresh))
        return SUMMARY

    monkeypatch.setattr(work, "run_daily", run_daily)
    return asked


def test_run_publishes_and_says_where_to_look(tenure: Tenure, job: list[tuple[date, bool]]) -> None:
    outcome = tenure("run", "--as-of", "2017-12-31", "--full-refresh")
    assert outcome.code == 0
    assert job == [(AS_OF, True)]
    assert outcome.out.startswith("Published release 2017-12-31-abc, as of 2017-12-31, in 1 min 23 s.\n")
    assert "1,469,307" in outcome.out
    assert "latest.html" in outcome.out
    assert "staging" in outcome.err


def test_a_run_that_changes_nothing_says_so(
    tenure: Tenure, job: list[tuple[date, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    unchanged = RunSummary(**{**vars(SUMMARY), "released": False, "seconds": 9.0})
    monkeypatch.setattr(work, "run_daily", lambda *arguments, **options: unchanged)
    assert tenure("run", "--as-of", "2017-12-31").out.startswith("Nothing changed as of 2017-12-31 (9.0 s)")


def test_warnings_are_named(tenure: Tenure, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = RunSummary(**{**vars(SUMMARY), "warnings": 1, "failed_checks": ["quantity_positive"]})
    monkeypatch.setattr(work, "run_daily", lambda *arguments, **options: warned)
    outcome = tenure("run", "--as-of", "2017-12-31")
    assert "1 check failed, not blocking: quantity_positive" in outcome.err


def test_a_blocking_check_ends_the_run_with_5(tenure: Tenure, monkeypatch: pytest.MonkeyPatch) -> None:
    def block(*arguments: object, **options: object) -> RunSummary:
        raise QualityGateError("sales_not_negative failed on raw.pos__transactions.", "`tenure check`")

    monkeypatch.setattr(work, "run_daily", block)
    outcome = tenure("run", "--as-of", "2017-12-31")
    assert outcome.code == 5
    assert "sales_not_negative" in outcome.err


def test_load_loads_only(tenure: Tenure, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(work, "load_only", lambda settings, as_of, progress: asked.append(as_of))
    assert tenure("load", "--as-of", "2017-06-30").code == 0
    assert asked == [date(2017, 6, 30)]


def test_an_empty_inbox_has_no_business_date(tenure: Tenure, job: list[tuple[date, bool]]) -> None:
    outcome = tenure("run")
    assert outcome.code == 2
    assert "tenure demo retail" in outcome.err
    assert job == []


def test_demo_delivers_once(tenure: Tenure, settings: Settings) -> None:
    first, second = (tenure("demo", "retail", "--until", "2017-01-02") for _ in range(2))
    assert first.code == second.code == 0
    assert len(list((settings.inbox / "pos").glob("transactions_2017-01-0*.csv.gz"))) == 2
    assert f"up to 2017-01-02 into {settings.inbox}" in first.out
    assert "Delivered 0 files" in second.out


def test_report_needs_a_release(tenure: Tenure, booked: Settings) -> None:
    outcome = tenure("report")
    assert outcome.code == 8
    assert "tenure run" in outcome.err


def test_report_says_where_it_is(tenure: Tenure, published: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path = published.reports / "2017-12-31" / "index.html"
    monkeypatch.setattr("dagster_project.publish.report.render_report", lambda settings, as_of: path)
    outcome = tenure("report")
    assert outcome.code == 0
    assert str(path) in outcome.out


def test_init_can_be_repeated(tenure: Tenure, settings: Settings) -> None:
    for _ in range(2):
        outcome = tenure("init")
        assert outcome.code == 0
        assert str(settings.home) in outcome.out
    assert (settings.dagster_home / "dagster.yaml").exists()
    assert settings.inbox.is_dir()
    assert tenure("status").code == 0


def test_dev_starts_dagster_on_this_home(tenure: Tenure, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def popen(command: list[str]) -> types.SimpleNamespace:
        started.append(command)
        return types.SimpleNamespace(wait=lambda: 0)

    monkeypatch.setattr(dev.subprocess, "Popen", popen)
    outcome = tenure("dev", "--port", "3111")
    assert outcome.code == 0
    assert "http://127.0.0.1:3111" in outcome.out
    [command] = started
    assert command[0] == sys.executable
    assert command[-7:] == ["-m", "dagster", "dev", "-m", "dagster_project.definitions", "-p", "3111"]
    assert dev.prepare_environment(settings)["DAGSTER_HOME"] == str(settings.dagster_home)


def test_dev_says_what_to_try_when_dagster_ends(tenure: Tenure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.subprocess, "Popen", lambda command: types.SimpleNamespace(wait=lambda: 1))
    outcome = tenure("dev", "--port", "3111")
    assert outcome.code == 2
    assert "tenure dev --port 3112" in outcome.err


def test_accept_needs_a_reason_and_a_held_load(tenure: Tenure, booked: Settings) -> None:
    assert tenure("accept", "a1").code == 2
    outcome = tenure("accept", "a1", "--reason", "a branch was sold")
    assert outcome.code == 2
    assert "transactions_2017-12-30.csv.gz of pos (2017-12-30) cannot be accepted: it is loaded" in outcome.err
