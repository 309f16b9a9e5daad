"""Runs as Dagster recorded them. Dagster is imported inside the functions, as that takes two seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from dagster_project import audit
from dagster_project.launch import prepare_environment
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, ensure_tables, writer_lock

if TYPE_CHECKING:
    from dagster import DagsterInstance, RunRecord


class RunNote(NamedTuple):
    """One run: `status` is Dagster's word in lower case, `partition` its business date."""

    run_id: str
    job: str
    status: str
    partition: str | None
    started_at: datetime | None
    ended_at: datetime | None


class UnfinishedRun(NamedTuple):
    """A run that Dagster believes to be under way, and when it was last heard of."""

    run_id: str
    job: str
    last_event_at: datetime


def last_run(settings: Settings) -> RunNote | None:
    """The newest run, or None before the first."""
    with _instance(settings) as instance:
        records = instance.get_run_records(limit=1) if instance else []
    return _describe(records[0]) if records else None


def unfinished_runs(settings: Settings) -> list[UnfinishedRun]:
    """Runs that have begun and not ended, newest first. A queued run waits rightly and is not among them."""
    from dagster import DagsterRunStatus, RunsFilter

    begun = [
        DagsterRunStatus.NOT_STARTED,
        DagsterRunStatus.STARTING,
        DagsterRunStatus.STARTED,
        DagsterRunStatus.CANCELING,
    ]
    with _instance(settings) as instance:
        if instance is None:
            return []
        return [
            UnfinishedRun(record.dagster_run.run_id, record.dagster_run.job_name, _last_event(instance, record))
            for record in instance.get_run_records(RunsFilter(statuses=begun))
        ]


def mark_canceled(settings: Settings, run_ids: Sequence[str], *, now: datetime) -> None:
    """Record that these runs will not go on; their slots in Dagster's pools become free; the audit log says so."""
    with _instance(settings) as instance:
        if instance is None:
            return
        for run_id in run_ids:
            run = instance.get_run_by_id(run_id)
            if run is not None:
                instance.report_run_canceled(run, message="Its process is gone (tenure doctor --reap).")
                instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    if not settings.lake_file.exists():
        return
    with writer_lock(settings, holder="tenure doctor", since=now), connect(settings) as con:
        ensure_tables(con, settings)
        audit.append(
            con, [audit.Event(now, "tenure doctor", "reap", run_id, "its process is gone") for run_id in run_ids]
        )


def daemon_heard_at(settings: Settings) -> datetime | None:
    """When Dagster's daemon last wrote that it is alive; None if it never ran in this home."""
    with _instance(settings) as instance:
        if instance is None:
            return None
        beats = instance.get_daemon_heartbeats().values()
        latest = max((beat.timestamp for beat in beats), default=None)
    return _moment(latest)


def finished_slot_holders(settings: Settings) -> list[str]:
    """Ids of runs that have ended and still hold a slot in a pool."""
    with _instance(settings) as instance:
        if instance is None:
            return []
        storage = instance.event_log_storage
        holders = {
            run_id
            for key in storage.get_concurrency_keys()
            for run_id in storage.get_concurrency_info(key).active_run_ids
        }
        runs = [instance.get_run_by_id(run_id) for run_id in sorted(holders)]
        return [run.run_id for run in runs if run is not None and run.is_finished]


def free_slots(settings: Settings, run_ids: Sequence[str]) -> None:
    """Give the slots of these runs back."""
    with _instance(settings) as instance:
        for run_id in run_ids if instance else ():
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)


@contextmanager
def _instance(settings: Settings) -> Iterator[DagsterInstance | None]:
    """Dagster's records of this home, or None where there are none."""
    if not (settings.dagster_home / "dagster.yaml").exists():
        yield None
        return
    prepare_environment(settings)
    from dagster import DagsterInstance

    with DagsterInstance.get() as instance:
        yield instance


def _describe(record: RunRecord) -> RunNote:
    run = record.dagster_run
    return RunNote(
        run_id=run.run_id,
        job=run.job_name,
        status=run.status.value.lower(),
        partition=run.tags.get("dagster/partition"),
        started_at=_moment(record.start_time),
        ended_at=_moment(record.end_time),
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _last_event(instance: DagsterInstance, record: RunRecord) -> datetime:
    events = instance.get_records_for_run(record.dagster_run.run_id, limit=1, ascending=False).records
    return datetime.fromtimestamp(events[0].timestamp, UTC) if events else record.create_timestamp
