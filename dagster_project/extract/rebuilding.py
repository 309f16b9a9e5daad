"""The lake again from landing: every delivery through the same loader, in the order in which it first came.

What only the old lake knew is gone: results of checks (the next run checks every load again) and the ledgers of
releases and exports (the former comes back from the release).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

import duckdb

from dagster_project.errors import StorageError
from dagster_project.extract import journal, landing
from dagster_project.extract.contract import Extract, SourceContract
from dagster_project.extract.journal import Entry
from dagster_project.extract.landing import Landed
from dagster_project.extract.loader import reload
from dagster_project.extract.repair import Door
from dagster_project.extract.tables import prepare
from dagster_project.failpoints import failpoint
from dagster_project.settings import Settings
from dagster_project.warehouse import connect_lake, quote

Progress = Callable[[str], None]

_PARTS: Final = ("", ".wal")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was made again.

    Attributes:
        deliveries: Files loaded, held or rejected as at first.
        rows: Rows in raw.
        missing: Deliveries whose copy is no longer in landing.
        unlisted: Files in landing that the journal does not speak of.
    """

    deliveries: int
    rows: int
    missing: int
    unlisted: int


def rebuild_lake(
    settings: Settings, contracts: Mapping[str, SourceContract], *, now: datetime, progress: Progress
) -> Rebuilt:
    """Make the lake from landing beside its place, set the old one aside, and put the new one there.

    The caller holds the writer lock. While the note `Settings.rebuild_note` exists nobody loads; a rebuild that
    was killed is begun anew.

    Args:
        settings: Where landing, journal and lake are.
        contracts: How to read the deliveries.
        now: Goes into the name of the old lake.
        progress: Called with a sentence after each run's deliveries of an extract.

    Raises:
        StorageError: a system has files in landing and no journal; nothing was changed.
    """
    _complete_journals(settings, contracts)
    new = settings.lake_file.with_name("lake.rebuilding.duckdb")
    settings.rebuild_note.parent.mkdir(parents=True, exist_ok=True)
    settings.rebuild_note.touch()
    for suffix in _PARTS:
        new.with_name(f"{new.name}{suffix}").unlink(missing_ok=True)
    with connect_lake(settings, new) as con:
        prepare(con, settings, contracts)
        rebuilt = _reload_all(con, settings, contracts, progress)
        _restore_releases(con, settings)
        con.execute("checkpoint lake")
    set_aside(settings.lake_file, now)
    failpoint("rebuild.set_aside")
    new.replace(settings.lake_file)
    failpoint("rebuild.placed")
    settings.rebuild_note.unlink()
    return rebuilt


def _complete_journals(settings: Settings, contracts: Mapping[str, SourceContract]) -> None:
    """Write journals that are missing from the ledger, while there is one that can be read."""
    without = [
        system
        for system in contracts
        if any((settings.landing / system).glob("*.*")) and not journal.path_of(settings, system).exists()
    ]
    if not without:
        return
    try:
        with connect_lake(settings, settings.lake_file) as con:
            for system in without:
                journal.begin(con, settings, system)
    except duckdb.Error as error:
        raise StorageError(
            f"{settings.landing} holds files of {', '.join(without)} but no journal of them, and the ledger cannot be "
            "read: the order in which they came is not known.",
            f"restore {settings.lake_file.name} from a backup",
        ) from error


def set_aside(path: Path, now: datetime) -> Path | None:
    """Rename a database and its log, so that nobody opens it and nothing is lost; None where there is none."""
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.aside-{now:%Y%m%dT%H%M%S}")
    for suffix in _PARTS:
        part = path.with_name(f"{path.name}{suffix}")
        if part.exists():
            part.replace(aside.with_name(f"{aside.name}{suffix}"))
    return aside


def _reload_all(
    con: duckdb.DuckDBPyConnection, settings: Settings, contracts: Mapping[str, SourceContract], progress: Progress
) -> Rebuilt:
    deliveries = rows = missing = unlisted = 0
    for contract in contracts.values():
        entries = journal.entries(settings, contract.system)
        unlisted += len(journal.unlisted(settings, contract.system, entries))
        for extract in contract.extracts:
            own = [entry for entry in entries if entry.delivery.extract == extract.name]
            for _, group in groupby(own, key=_run_of):
                wanted = list(group)
                numbered = list(_landed(settings, extract, wanted))
                missing += len(wanted) - len(numbered)
                if not numbered:
                    continue
                results = reload(con, settings, contract, extract, numbered)
                deliveries += len(results)
                rows += sum(result.rows_loaded for result in results)
                progress(f"{contract.system} {extract.name}: {deliveries:,} files")
            rows += _restore_repairs(con, settings, contract, extract)
    return Rebuilt(deliveries, rows, missing, unlisted)


def _run_of(entry: Entry) -> tuple[datetime, str, date, str | None]:
    """What the deliveries of one call of the loader have in common."""
    return entry.loaded_at, entry.run_id, entry.as_of, entry.accepted_reason


def _restore_repairs(
    con: duckdb.DuckDBPyConnection, settings: Settings, contract: SourceContract, extract: Extract
) -> int:
    """Bring back what stewards had brought back from quarantine; returns the rows."""
    before = _rows(con)
    for repair in journal.repairs(settings, contract.system):
        path = settings.landing / contract.system / f"{repair.sha256}.repair.jsonl"
        if repair.extract == extract.name and path.exists():
            at = repair.settled_at.replace(tzinfo=UTC)
            door = Door(
                con, settings, contract, extract, repair.repairs_load_id, {}, at, "rebuild", repair.known_from_on
            )
            door.restore(path, repair.status)
    return _rows(con) - before


def _rows(con: duckdb.DuckDBPyConnection) -> int:
    rows = con.execute("select coalesce(sum(rows_loaded), 0)::bigint from ops.loads").fetchall()
    return int(rows[0][0])


def _landed(settings: Settings, extract: Extract, entries: Sequence[Entry]) -> Iterator[tuple[Landed, Entry]]:
    for entry in entries:
        path = settings.landing / entry.delivery.system / f"{entry.sha256}.{extract.format}"
        if path.exists():
            kept = landing.control_path(path)
            delivery = replace(entry.delivery, path=path, control=kept if kept.exists() else None)
            yield landing.landed_before(extract, delivery, entry.sha256, path), entry


def _restore_releases(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """The ledger of releases, as the release in place knows it."""
    if not settings.release_file.exists():
        return
    try:
        con.execute(f"attach {quote(settings.release_file)} as release (read_only)")
    except duckdb.Error:
        # Damaged: the next run publishes it anew and enters that.
        return
    con.execute(
        "insert into lake.ops.releases by name"
        " select * replace (coalesce(bytes, $size) as bytes) from release.ops.releases",
        {"size": settings.release_file.stat().st_size},
    )
    con.execute("detach release")
