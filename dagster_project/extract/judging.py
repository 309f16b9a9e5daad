"""What becomes of the files of a batch: all rows go in, each file is judged, and only what stays is left in raw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

import duckdb

from dagster_project.extract import control, header, quarantine
from dagster_project.extract.contract import Extract, SourceContract
from dagster_project.extract.header import Layout
from dagster_project.extract.ledger import Outcome
from dagster_project.extract.plausibility import doubtful
from dagster_project.extract.scans import Source
from dagster_project.extract.store import Seen, Store
from dagster_project.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """One extract in one run.

    Attributes:
        accepted_reason: Why a steward wants what is doubtful all the same; None for an ordinary run.
    """

    con: duckdb.DuckDBPyConnection
    settings: Settings
    contract: SourceContract
    extract: Extract
    as_of: date
    run_id: str
    loaded_at: datetime
    accepted_reason: str | None = None

    @property
    def store(self) -> Store:
        return Store(self.con, self.contract, self.extract, self.loaded_at)


def store(job: Job, sources: Sequence[Source]) -> dict[str, Outcome]:
    """Store the rows of readable files and judge each file; the caller holds the transaction."""
    if not sources:
        return {}
    table = job.store
    table.forget_bad()
    seen: dict[str, Seen] = {}
    for _, group in groupby(sorted(sources, key=_layout), key=_layout):
        files = sorted(group, key=_place)
        seen |= table.insert_all(files, scans=job.settings.threads)
    doubts = doubtful(job, table, sources, seen)
    suspects = [source for source in sources if _needs_a_look(job.extract, source, seen, doubts)]
    outcomes = {load_id: Outcome("loaded", None, rows.accepted, rows.accepted) for load_id, rows in seen.items()}
    outcomes |= _judge(job, table, suspects, seen, doubts)
    _balance(table, outcomes, [source.load.load_id for source in suspects])
    if job.extract.schema_mode == "evolve":
        for source in sources:
            load_id = source.load.load_id
            outcomes[load_id] = replace(outcomes[load_id], notes=header.drift(job.extract, source.layout))
    return outcomes


def _needs_a_look(extract: Extract, source: Source, seen: Mapping[str, Seen], doubts: Mapping[str, str]) -> bool:
    found = seen[source.load.load_id]
    if found.bad or found.broken or source.load.load_id in doubts:
        return True
    return not control.agrees(extract, source, found)


def _judge(
    job: Job, store: Store, suspects: Sequence[Source], seen: Mapping[str, Seen], doubtful: Mapping[str, str]
) -> dict[str, Outcome]:
    """Decide on files with bad rows, and leave in raw only what stays."""
    if not suspects:
        return {}
    doubts = {
        load_id: doubtful.get(load_id) or control.doubt(job.extract, source, seen[load_id])
        for source in suspects
        for load_id in [source.load.load_id]
    }
    certain = [source for source in suspects if doubts[source.load.load_id] is None]
    parted = [source.load.load_id for source in certain if seen[source.load.load_id].is_parted]
    mixed = [source for source in certain if source.load.load_id not in parted]
    store.remove([source.load.load_id for source in suspects if source.load.load_id not in parted])
    store.quarantine_parted(parted)
    for _, group in groupby(sorted(mixed, key=_layout), key=_layout):
        store.quarantine(list(group))
    outcomes: dict[str, Outcome] = {}
    for source in suspects:
        load_id = source.load.load_id
        outcomes[load_id] = _verdict(job, load_id, seen[load_id], doubts[load_id])
    store.remove([load_id for load_id in parted if outcomes[load_id].status == "held"])
    good = [source for source in mixed if outcomes[source.load.load_id].status == "loaded"]
    for _, group in groupby(sorted(good, key=_layout), key=_layout):
        store.insert_good(list(group))
    return outcomes


def _verdict(job: Job, load_id: str, seen: Seen, doubt: str | None) -> Outcome:
    rows = seen.accepted + seen.broken
    bad = seen.bad + seen.broken
    limit = 1.0 if job.extract.schema_mode == "discard_row" else job.extract.limits.bad_row_share
    if doubt is not None:
        return Outcome("held", doubt, rows, 0, rows)
    if rows and bad / rows > limit:
        rules = quarantine.describe(job.con, load_id)
        reason = f"{bad:,} of {rows:,} rows are bad, more than {limit:.2%}: {rules}; the owner is {job.contract.owner}"
        return Outcome("held", reason, rows, 0, rows)
    return Outcome("loaded", None, rows, rows - bad, bad)


def _layout(source: Source) -> Layout:
    return source.layout


def _place(source: Source) -> tuple[date, str]:
    return source.load.landed.delivery.business_on, source.load.landed.delivery.part


def _balance(store: Store, outcomes: Mapping[str, Outcome], rewritten: Sequence[str]) -> None:
    """Prove for files that were taken apart what the ledger will say: rows in = loaded + quarantined.

    Raises:
        RuntimeError: a row is lost or doubled; the transaction must not be committed.
    """
    for load_id, (loaded, kept_out) in store.count(rewritten).items() if rewritten else ():
        outcome = outcomes[load_id]
        whole = outcome.rows_in == outcome.rows_loaded + outcome.rows_quarantined
        stored = outcome.rows_loaded == loaded and (outcome.status == "held" or outcome.rows_quarantined == kept_out)
        if not (whole and stored):
            raise RuntimeError(
                f"load {load_id}: {outcome.rows_in} rows in, but {loaded} in raw and {kept_out} in quarantine"
            )
