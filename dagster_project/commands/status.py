"""`tenure status`: the last release, the last run, what was loaded per system, and what is in the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import duckdb

from dagster_project.commands.runs import RunNote, last_run
from dagster_project.commands.state import books, writer
from dagster_project.commands.terminal import amount, duration, facts, out, say, size, table
from dagster_project.extract import SourceContract, load_contracts, strays, unresolved
from dagster_project.extract.intake import deliveries
from dagster_project.packs import pack_of
from dagster_project.publish.release import Release, published_release
from dagster_project.settings import Settings

# What a repair brought back was delivered, and quarantined, before.
# Only loaded files count as rows: a duplicate or superseded delivery would count the same rows twice.
_LEDGER: Final = """
    select
        system,
        count_if(status = 'loaded'),
        coalesce(sum(rows_in) filter (where status = 'loaded' and repairs_load_id is null), 0)::bigint,
        coalesce(sum(rows_loaded) filter (where status = 'loaded'), 0)::bigint,
        coalesce(sum(rows_quarantined - case when repairs_load_id is null then 0 else rows_in end)
            filter (where status = 'loaded'), 0)::bigint,
        count_if(status in ('held', 'rejected')),
        count_if(status = 'duplicate'),
        count_if(status = 'superseded'),
        max(business_on) filter (where status = 'loaded')
    from ops.loads group by system order by system
"""
_LATEST_BY_EXTRACT: Final = """
    select system, extract, max(business_on) from ops.loads where status = 'loaded'
    group by system, extract order by system, extract
"""
_LEDGER_COLUMNS: Final = (
    "system", "files", "rows in", "loaded", "quarantined", "held", "duplicate", "superseded", "latest day",
)  # fmt: skip
_NUMBERS: Final = frozenset(_LEDGER_COLUMNS[1:8])


def show_status(settings: Settings) -> None:
    """Print the state of the home. Works while a run writes: then the ledger is that of the last release.

    Raises:
        NotPublishedError: the home was never initialised.
        WarehouseBusyError: the first run is still writing.
    """
    contracts = load_contracts(settings)
    held_by = writer(settings)
    with books(settings) as ledger:
        systems = ledger.con.execute(_LEDGER).fetchall()
        freshness = _freshness(ledger.con, contracts)
        in_the_way = unresolved(ledger.con, as_of=date.max)
    out().print(
        facts(
            [
                ("Home", f"{settings.home.resolve()}, pack {settings.pack}{_simulated(settings)}"),
                ("Release", _release_line(published_release(settings))),
                ("Last run", _run_line(last_run(settings))),
                ("Writing now", held_by or "nobody"),
                ("Freshness", freshness),
                ("Inbox", _inbox_line(settings, contracts)),
                ("Ledger", "live" if ledger.is_live else "as of the last release, because a run is writing"),
            ]
        )
    )
    if systems:
        say()
        out().print(table(_LEDGER_COLUMNS, systems, right=_NUMBERS))
    if in_the_way:
        say("\nHeld or rejected: runs of that business day and later stop until a corrected file arrives")
        rows = [(load.system, load.file, load.business_on, load.status, load.reason) for load in in_the_way]
        out().print(table(("system", "file", "business day", "status", "reason"), rows))
    ignored = strays(settings, contracts)
    if ignored:
        say("\nIn the inbox, but no contract takes them")
        out().print(table(("system", "file", "reason"), ((s.system, s.file, s.reason) for s in ignored)))


def _simulated(settings: Settings) -> str:
    return " (simulated: nobody in it exists)" if pack_of(settings.pack).is_simulated else ""


def _freshness(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract]) -> str:
    """Extracts that are overdue, measured at the latest business day that any system delivered.

    Not at the clock: business days are what a run is about, and history may be loaded at any time.
    """
    latest = {
        (system, extract): business_on for system, extract, business_on in con.execute(_LATEST_BY_EXTRACT).fetchall()
    }
    if not latest:
        return "nothing loaded yet"
    newest = max(latest.values())
    overdue = [
        f"{system}.{extract.name} (latest {latest[system, extract.name]}, expected every {extract.freshness_days} days)"
        for system, contract in contracts.items()
        for extract in contract.extracts
        if extract.freshness_days is not None
        and (system, extract.name) in latest
        and (newest - latest[system, extract.name]).days > extract.freshness_days
    ]
    return f"latest business day {newest}; " + (f"overdue: {', '.join(overdue)}" if overdue else "nothing overdue")


def _inbox_line(settings: Settings, contracts: Mapping[str, SourceContract]) -> str:
    waiting = sum(len(deliveries(settings, contract, now=None)) for contract in contracts.values())
    return f"{amount(waiting, 'file')} waiting" if waiting else "empty"


def _release_line(release: Release | None) -> str:
    if release is None:
        return "none yet; `tenure run` makes one"
    return (
        f"{release.release_id}, published {release.published_at:%Y-%m-%d %H:%M} UTC, "
        f"{size(release.bytes)}, content {release.content_hash[:12]}"
    )


def _run_line(run: RunNote | None) -> str:
    if run is None:
        return "none yet"
    parts = [f"{run.status}: {run.job}"]
    if run.partition:
        parts.append(f"as of {run.partition}")
    if run.started_at:
        parts.append(f"started {run.started_at:%Y-%m-%d %H:%M} UTC")
    if run.started_at and run.ended_at:
        parts.append(f"took {duration((run.ended_at - run.started_at).total_seconds())}")
    return ", ".join(parts)
