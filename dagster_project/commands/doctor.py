"""`tenure doctor`: one line a thing that must be right, and what to do where it is not."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import datetime, timedelta
from importlib import metadata
from typing import TYPE_CHECKING, Final, NamedTuple

import duckdb
import yaml
from rich.text import Text

from dagster_project import audit
from dagster_project.commands.runs import (
    UnfinishedRun,
    daemon_heard_at,
    finished_slot_holders,
    free_slots,
    mark_canceled,
    unfinished_runs,
)
from dagster_project.commands.state import writer
from dagster_project.commands.terminal import amount, out, progress, say, size, table
from dagster_project.errors import ConfigurationError, NotPublishedError, StorageError, WarehouseBusyError
from dagster_project.launch import prepare_environment
from dagster_project.publish.reader import open_release
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_DISTRIBUTION: Final = "tenure"
_OLDEST_PYTHON: Final = (3, 11)
# A release is a copy of the warehouse beside the old one, and DuckDB spills to the same disk.
_FREE_BYTES: Final = 2_000_000_000
# A run takes the lock within seconds of its start; until then it looks like one whose process is gone.
_QUIET: Final = timedelta(minutes=2)
#: What each package reads before it sends anything, and the value that stops it.
_TELEMETRY: Final = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
}


class Finding(NamedTuple):
    """State of one thing: `ok`, `note` (works, worth knowing) or `broken`, and how to mend it."""

    subject: str
    state: str
    detail: str
    next_step: str = ""


def examine(settings: Settings, *, reap: bool, now: datetime) -> None:
    """Print one finding a line.

    Raises:
        ConfigurationError: something is broken.
    """
    with progress("Examining") as report:
        report("the home and the packages")
        findings = [
            _python(),
            _packages(),
            _home(settings),
            _instance_file(settings),
            _lock(settings),
            _databases(settings),
            _disk(settings),
            _telemetry(settings),
        ]
        findings.append(_audit(settings))
        report("Dagster's records")
        findings.append(_daemon(settings))
        findings.append(_slots(settings, reap=reap))
        findings.append(_runs(settings, reap=reap, now=now))
    out().print(table(("", "", ""), ([_mark(f.state), f.subject, f.detail] for f in findings)))
    for finding in findings:
        if finding.next_step:
            say(f"{finding.subject}: {finding.next_step}")
    broken = [finding.subject for finding in findings if finding.state == "broken"]
    if broken:
        raise ConfigurationError(f"Not in order: {', '.join(broken)}.", "follow the hints above")


def _mark(state: str) -> Text:
    return Text(state, style={"ok": "green", "note": "yellow", "broken": "bold red"}[state])


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= _OLDEST_PYTHON:
        return Finding("Python", "ok", found)
    return Finding("Python", "broken", f"{found}; 3.11 or later is needed", "install a newer Python, then `make setup`")


def _packages() -> Finding:
    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(line) for line in metadata.requires(_DISTRIBUTION) or []]
    except metadata.PackageNotFoundError:
        return Finding("Packages", "broken", f"the package {_DISTRIBUTION} is not installed", "`make setup`")
    wrong = [problem for requirement in wanted if (problem := _package_problem(requirement))]
    if wrong:
        return Finding("Packages", "broken", "; ".join(wrong), "`make setup`, or install the wheel again")
    return Finding("Packages", "ok", f"{len(wanted)} at versions that work together")


def _package_problem(requirement: Requirement) -> str:
    if requirement.marker and not requirement.marker.evaluate():
        return ""
    try:
        found = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is missing"
    return "" if found in requirement.specifier else f"{requirement.name} is {found}, needed {requirement.specifier}"


def _home(settings: Settings) -> Finding:
    home = settings.home.resolve()
    if not home.exists():
        return Finding("Home", "broken", f"{home} does not exist", "`tenure init`, or point TENURE_HOME elsewhere")
    try:
        with tempfile.TemporaryFile(dir=home):
            return Finding("Home", "ok", f"{home}, pack {settings.pack} since {settings.start_on}")
    except OSError as error:
        return Finding("Home", "broken", f"{home}: {error.strerror}", "make the folder writable for this user")


def _instance_file(settings: Settings) -> Finding:
    path = settings.dagster_home / "dagster.yaml"
    if path.exists():
        return Finding("dagster.yaml", "ok", str(path))
    return Finding("dagster.yaml", "broken", f"{path} is missing", "`tenure init`")


def _lock(settings: Settings) -> Finding:
    held_by = writer(settings)
    if held_by is None:
        return Finding("Lock", "ok", "nobody is writing")
    return Finding("Lock", "note", f"{held_by} is writing; the lock ends with its process")


def _databases(settings: Settings) -> Finding:
    remedies = {
        settings.lake_file: "`tenure rebuild` sets it aside and loads it again from landing",
        settings.warehouse_file: "`tenure rebuild` sets it aside, then `tenure run --full-refresh`",
        settings.release_file: f"remove {settings.release_file.name}; `tenure run` publishes it again",
    }
    opened: list[str] = []
    problems: dict[str, str] = {}
    for path, remedy in remedies.items():
        if not path.exists():
            continue
        try:
            duckdb.connect(str(path), read_only=True).close()
            opened.append(f"{path.name} {size(path.stat().st_size)}")
        except duckdb.Error as error:
            # Another process's lock is no damage; it is shown under Lock.
            if "lock" not in str(error):
                problems[f"{path.name}: {str(error).splitlines()[0]}"] = remedy
    if problems:
        return Finding("Databases", "broken", "; ".join(problems), "; ".join(problems.values()))
    return Finding("Databases", "ok", ", ".join(opened) or "none that can be opened now")


def _disk(settings: Settings) -> Finding:
    existing = next(path for path in (settings.home.resolve(), *settings.home.resolve().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free >= _FREE_BYTES:
        return Finding("Disk", "ok", f"{size(free)} free")
    return Finding("Disk", "note", f"only {size(free)} free", "make room: a release and spilling need as much again")


def _telemetry(settings: Settings) -> Finding:
    instance_file = settings.dagster_home / "dagster.yaml"
    configured = yaml.safe_load(instance_file.read_text(encoding="utf-8")) if instance_file.exists() else {}
    applied = prepare_environment(settings)
    on = [name for name, off in _TELEMETRY.items() if applied.get(name) != off]
    if (configured or {}).get("telemetry", {}).get("enabled", True) and instance_file.exists():
        on.append(f"telemetry.enabled in {instance_file}")
    if on:
        return Finding("Telemetry", "broken", f"not off: {', '.join(on)}", "set it to off there")
    return Finding("Telemetry", "ok", "off in Dagster, dbt and Great Expectations")


def _runs(settings: Settings, *, reap: bool, now: datetime) -> Finding:
    if writer(settings) is not None:
        return Finding("Runs", "ok", "one is under way")
    stale = [run for run in unfinished_runs(settings) if now - run.last_event_at > _QUIET]
    if not stale:
        return Finding("Runs", "ok", "none is stuck")
    if reap:
        mark_canceled(settings, [run.run_id for run in stale], now=now)
        return Finding("Runs", "ok", f"{amount(len(stale), 'run')} marked as canceled")
    return Finding("Runs", "note", _describe(stale), "`tenure doctor --reap` marks them as canceled")


def _audit(settings: Settings) -> Finding:
    """Every hash of the audit log, and whether the log still begins with what the last release copied of it."""
    if not settings.lake_file.exists():
        return Finding("Audit log", "ok", "none yet")
    try:
        with connect(settings, read_only=True) as con:
            chain = audit.verify(con)
            published = _published_head(settings)
            is_there = published is None or con.execute(
                "select count(*) from ops.audit_log where event_number = ? and hash = ?", list(published)
            ).fetchall() == [(1,)]
    except (WarehouseBusyError, StorageError, duckdb.Error):
        return Finding("Audit log", "note", "cannot be read now")
    if chain.broken_at is not None:
        problem = f"event {chain.broken_at} does not follow from the one before"
    elif not is_there:
        problem = "events that the release holds are gone"
    else:
        return Finding("Audit log", "ok", f"{amount(chain.events, 'event')} in one chain, head {chain.head[:12]}")
    return Finding("Audit log", "broken", problem, "compare with a backup of lake.duckdb: somebody changed the log")


def _published_head(settings: Settings) -> tuple[int, str] | None:
    try:
        with open_release(settings) as con:
            rows = con.execute(
                "select event_number, hash from ops.audit_log order by event_number desc limit 1"
            ).fetchall()
    except (NotPublishedError, duckdb.Error):
        return None
    return rows[0] if rows else None


def _daemon(settings: Settings) -> Finding:
    heard = daemon_heard_at(settings)
    if heard is None:
        return Finding("Daemon", "ok", "never ran: schedules and sensors need `tenure dev` or a service")
    return Finding("Daemon", "ok", f"last heard of {heard:%Y-%m-%d %H:%M} UTC")


def _slots(settings: Settings, *, reap: bool) -> Finding:
    """Places in Dagster's pools that runs which have ended still hold."""
    if writer(settings) is not None:
        return Finding("Pool slots", "ok", "in use by the run under way")
    held = finished_slot_holders(settings)
    if not held:
        return Finding("Pool slots", "ok", "all free")
    if reap:
        free_slots(settings, held)
        return Finding("Pool slots", "ok", f"{amount(len(held), 'run')} gave theirs back")
    return Finding("Pool slots", "note", f"held by {amount(len(held), 'run')} that ended", "`tenure doctor --reap`")


def _describe(stale: list[UnfinishedRun]) -> str:
    listed = ", ".join(
        f"{run.run_id[:8]} ({run.job}, last heard of {run.last_event_at:%Y-%m-%d %H:%M} UTC)" for run in stale
    )
    return f"{amount(len(stale), 'run')} of processes that are gone: {listed}"
