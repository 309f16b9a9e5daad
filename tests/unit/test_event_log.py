"""Dagster writes into the same files, through connections that stay open."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from dagster_project.event_log import OpenSqliteEventLog
from dagster_project.launch import initialise, prepare_environment
from dagster_project.settings import Settings


@dg.asset(key=["raw", "lines"])
def lines() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"dagster/row_count": 3})


@pytest.fixture
def instance(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    monkeypatch.setenv("DAGSTER_HOME", str(settings.dagster_home))
    prepare_environment(settings)
    initialise(settings)
    return dg.DagsterInstance.get()


def test_the_shipped_configuration_uses_it(instance: dg.DagsterInstance) -> None:
    assert type(instance.event_log_storage) is OpenSqliteEventLog


def test_dagsters_own_storage_reads_what_it_wrote(instance: dg.DagsterInstance, settings: Settings) -> None:
    run = dg.materialize([lines], instance=instance)
    instance.dispose()
    plain = settings.dagster_home / "dagster.yaml"
    plain.write_text("telemetry: {enabled: false}\nstorage: {sqlite: {base_dir: {env: DAGSTER_HOME}}}\n", "utf-8")
    with dg.DagsterInstance.get() as reader:
        event = reader.get_latest_materialization_event(dg.AssetKey(["raw", "lines"]))
        steps = [stats.step_key for stats in reader.get_run_step_stats(run.run_id)]
    assert event is not None
    assert (event.run_id, event.asset_materialization.metadata["dagster/row_count"].value) == (run.run_id, 3)
    assert steps == ["raw__lines"]


def test_files_of_old_runs_are_closed(instance: dg.DagsterInstance) -> None:
    for _ in range(6):
        dg.materialize([lines], instance=instance)
    log = instance.event_log_storage
    assert isinstance(log, OpenSqliteEventLog)
    assert len(log._engines) == 5
    assert all(Path(engine.url.database or "").exists() for engine in log._engines.values())
