"""`tenure doctor`: finds what is wrong, says how to mend it, and clears away dead runs."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

import dagster_project
from dagster_project import audit
from dagster_project.commands import doctor
from dagster_project.commands.doctor import examine
from dagster_project.commands.runs import last_run, unfinished_runs
from dagster_project.errors import ConfigurationError
from dagster_project.launch import prepare_environment
from dagster_project.publish.release import publish_release
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, writer_lock
from tests.unit.cli.conftest import AS_OF, NOW, Tenure

LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def ready(booked: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with Dagster's instance file; the packages are those of the lock file by assumption."""
    booked.dagster_home.mkdir(parents=True)
    shutil.copyfile(Path(dagster_project.__file__).with_name("dagster.yaml"), booked.dagster_home / "dagster.yaml")
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: ["duckdb>=2.0,<2.1"])
    return booked


def start_run(settings: Settings) -> str:
    """A run that Dagster believes to be under way, as a killed process leaves it."""
    prepare_environment(settings)

    @dg.op
    def wait() -> None: ...

    @dg.job
    def daily() -> None:
        wait()

    with dg.DagsterInstance.get() as instance:
        run = instance.create_run_for_job(daily, status=dg.DagsterRunStatus.STARTED)
    return run.run_id


def test_a_sound_home_is_all_ok(tenure: Tenure, ready: Settings) -> None:
    outcome = tenure("doctor")
    assert outcome.code == 0, outcome
    states = {line.split()[0] for line in outcome.out.strip().splitlines()}
    assert states <= {"ok", "note"}
    for subject in ("Python", "Packages", "Home", "dagster.yaml", "Lock", "Databases", "Disk", "Telemetry", "Runs"):
        assert subject in outcome.out


def test_a_missing_home_is_broken_and_init_mends_it(tenure: Tenure, settings: Settings) -> None:
    outcome = tenure("doctor")
    assert outcome.code == 2
    assert "tenure init" in outcome.out
    assert "Home" in outcome.err
    assert not settings.home.exists(), "looking changes nothing"


def test_wrong_and_missing_packages_are_named(tenure: Tenure, ready: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: ["duckdb>=99", "nowhere-to-be-found>=1", "rich>=1"])
    outcome = tenure("doctor")
    assert outcome.code == 2
    assert "needed >=99" in outcome.out
    assert "nowhere-to-be-found is missing" in outcome.out


def test_a_damaged_database_is_found(tenure: Tenure, ready: Settings) -> None:
    ready.warehouse_file.write_bytes(b"not a database" * 1000)
    outcome = tenure("doctor")
    assert outcome.code == 2
    assert "warehouse.duckdb" in outcome.out


def test_a_full_disk_is_noted(tenure: Tenure, ready: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_FREE_BYTES", 10**18)
    outcome = tenure("doctor")
    assert outcome.code == 0
    assert "make room" in outcome.out


def test_telemetry_that_was_switched_on_is_found(tenure: Tenure, ready: Settings) -> None:
    instance_file = ready.dagster_home / "dagster.yaml"
    instance_file.write_text(instance_file.read_text("utf-8").replace("enabled: false", "enabled: true", 1), "utf-8")
    outcome = tenure("doctor")
    assert outcome.code == 2
    assert f"telemetry.enabled in {instance_file}" in outcome.out


def test_a_dead_run_is_noted_and_reaped(ready: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = start_run(ready)
    examine(ready, reap=False, now=LATER)
    assert run_id[:8] in capsys.readouterr().out
    examine(ready, reap=True, now=LATER)
    assert "1 run marked as canceled" in capsys.readouterr().out
    assert unfinished_runs(ready) == []
    last = last_run(ready)
    assert last is not None
    assert (last.run_id, last.status) == (run_id, "canceled")


def test_a_run_that_holds_the_lock_is_left_alone(ready: Settings) -> None:
    start_run(ready)
    with writer_lock(ready, holder="run 1234", since=LATER):
        examine(ready, reap=True, now=LATER)
    assert len(unfinished_runs(ready)) == 1


def test_a_run_that_has_just_begun_is_left_alone(ready: Settings) -> None:
    start_run(ready)
    examine(ready, reap=True, now=datetime.now(UTC))
    assert len(unfinished_runs(ready)) == 1


def test_examine_raises_for_callers(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="Home"):
        examine(settings, reap=False, now=LATER)


def test_a_changed_audit_log_is_found(tenure: Tenure, booked: Settings) -> None:
    event = audit.Event(NOW, "steward", "quarantine repaired", "a1")
    with connect(booked) as con:
        audit.append(con, [event, event])
    assert "2 events in one chain" in tenure("doctor").out
    with connect(booked) as con:
        con.execute("update ops.audit_log set actor = 'nobody' where event_number = 2")
    outcome = tenure("doctor")
    assert "event 2 does not follow from the one before" in outcome.out
    assert "Audit log" in outcome.err


def test_events_cut_off_the_end_are_missed_by_comparing_with_the_release(tenure: Tenure, booked: Settings) -> None:
    with connect(booked) as con:
        audit.append(con, [audit.Event(NOW, "steward", "quarantine repaired", "a1")])
        for schema in ("marts", "ml", "activation"):
            con.execute(f"create schema warehouse.{schema}")
        con.execute("create table warehouse.marts.fct_orders as select 1 as order_id")
    publish_release(booked, as_of=AS_OF, run_id="r1", now=NOW)
    assert "2 events in one chain" in tenure("doctor").out
    with connect(booked) as con:
        con.execute("delete from ops.audit_log")
    assert "events that the release holds are gone" in tenure("doctor").out
