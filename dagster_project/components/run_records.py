"""Runs as Dagster recorded them, into `ops.run_health` and the audit log. The one place that reads run records."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import dagster as dg
import duckdb
import pyarrow as pa

from dagster_project import audit
from dagster_project.warehouse import transaction

#: Runs looked at, newest first: what happened since the last look is always among them.
_LATEST: Final = 50
_SCHEMA: Final = pa.schema(
    [
        ("run_id", pa.string()),
        ("job", pa.string()),
        ("as_of_on", pa.date32()),
        ("started_at", pa.timestamp("us")),
        ("ended_at", pa.timestamp("us")),
        ("status", pa.string()),
        ("seconds", pa.float64()),
        ("steps", pa.int32()),
        ("failures", pa.int32()),
    ]
)


def record_runs(con: duckdb.DuckDBPyConnection, instance: dg.DagsterInstance) -> int:
    """Take over what is new about the latest runs; how many changed.

    Args:
        con: Writable connection with default catalog `lake`.
        instance: Dagster's records.
    """
    records = instance.get_run_records(limit=_LATEST)
    known = {(run_id, status) for run_id, status in con.execute("select run_id, status from ops.run_health").fetchall()}
    changed = [
        record
        for record in reversed(records)
        if (record.dagster_run.run_id, record.dagster_run.status.value.lower()) not in known
    ]
    if not changed:
        return 0
    begun = {run_id for run_id, _ in known}
    con.register("changed_runs", pa.Table.from_pylist([_row(instance, record) for record in changed], schema=_SCHEMA))
    try:
        with transaction(con):
            con.execute("delete from ops.run_health where run_id in (select run_id from changed_runs)")
            con.execute("insert into ops.run_health by name select * from changed_runs")
            audit.append(con, _events(changed, begun))
    finally:
        con.unregister("changed_runs")
    return len(changed)


def _row(instance: dg.DagsterInstance, record: dg.RunRecord) -> dict[str, object]:
    run = record.dagster_run
    stats = instance.get_run_stats(run.run_id)
    started, ended = _moment(record.start_time), _moment(record.end_time)
    partition = run.tags.get("dagster/partition")
    return {
        "run_id": run.run_id,
        "job": run.job_name,
        "as_of_on": datetime.fromisoformat(partition).date() if partition else None,
        "started_at": started,
        "ended_at": ended,
        "status": run.status.value.lower(),
        "seconds": (ended - started).total_seconds() if started and ended else None,
        "steps": getattr(stats, "steps_succeeded", 0) + getattr(stats, "steps_failed", 0),
        "failures": getattr(stats, "steps_failed", 0),
    }


def _events(changed: Sequence[dg.RunRecord], begun: set[str]) -> list[audit.Event]:
    events: list[audit.Event] = []
    for record in changed:
        run = record.dagster_run
        who, status = f"run {run.run_id[:8]}", run.status.value.lower()
        day = run.tags.get("dagster/partition", "")
        started, ended = _moment(record.start_time), _moment(record.end_time)
        if started and run.run_id not in begun:
            events.append(audit.Event(started, who, "run started", run.run_id, f"{run.job_name} {day}".strip()))
        if ended and run.is_finished:
            events.append(audit.Event(ended, who, "run ended", run.run_id, f"{run.job_name} {day} {status}"))
    return events


def _moment(seconds: float | None) -> datetime | None:
    """UTC without zone."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
