"""From the inbox into raw: each delivery is loaded whole, kept out whole, or found to be there already.

The rows of a batch of files and their ledger rows are one transaction, so a run may be killed at any moment;
what is left in the inbox then is taken up by the next run. Initial history is a few large batches, a day a
small one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Final

import duckdb

from dagster_project.extract import control, header, journal, landing, ledger, quarantine
from dagster_project.extract.contract import Extract, SourceContract
from dagster_project.extract.header import Layout
from dagster_project.extract.intake import Delivery, deliveries
from dagster_project.extract.landing import Landed
from dagster_project.extract.ledger import Load, LoadResult, Outcome
from dagster_project.extract.store import Seen, Source, Store
from dagster_project.extract.tables import transaction
from dagster_project.failpoints import failpoint
from dagster_project.settings import Settings

Progress = Callable[[str], None]

#: Unpacked bytes of one transaction: bounds what a kill can undo and how long nothing is reported.
_BATCH_BYTES: Final = 1_000_000_000
#: Errors that mean "this file is no csv", as against a full disk or too little memory.
_UNREADABLE: Final = (duckdb.InvalidInputException, duckdb.ConversionException)


@dataclass(frozen=True, slots=True)
class _Job:
    con: duckdb.DuckDBPyConnection
    settings: Settings
    contract: SourceContract
    extract: Extract
    run_id: str
    loaded_at: datetime

    @property
    def store(self) -> Store:
        return Store(self.con, self.contract, self.extract, self.loaded_at)


def load_extracts(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: SourceContract,
    *,
    as_of: date,
    now: datetime,
    run_id: str,
    extracts: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> list[LoadResult]:
    """Load what one system has delivered up to a business date.

    Args:
        con: Connection of `warehouse.connect`; no transaction may be open.
        settings: Where inbox and landing are.
        contract: The system.
        as_of: Files of later business dates stay in the inbox.
        now: Current time, with a zone.
        run_id: Goes to the ledger.
        extracts: Names of the extracts to load; None for all.
        progress: Called with a sentence after each batch.

    Returns:
        One result per delivery that was taken from the inbox; none for files that are still being written.

    Example:
        >>> with connect(settings) as con:  # doctest: +SKIP
        ...     prepare(con, settings, contracts)
        ...     load_extracts(con, settings, contracts["pos"], as_of=date(2017, 1, 31), now=now, run_id="r1")
    """
    landing.sweep(settings, contract.system)
    journal.begin(con, settings, contract.system)
    waiting = deliveries(settings, contract, now=now, as_of=as_of)
    results: list[LoadResult] = []
    for extract in contract.extracts:
        if extracts is not None and extract.name not in extracts:
            continue
        job = _Job(con, settings, contract, extract, run_id, ledger.naive_utc(now))
        landed = _land(settings, extract, [item for item in waiting if item.extract == extract.name])
        done = 0
        for batch in _batches(landed):
            results += _load_batch(job, batch)
            for item in batch:
                _take_from_inbox(item.delivery)
                failpoint("load.inbox_file_removed")
            done += len(batch)
            if progress is not None:
                progress(f"{contract.system} {extract.name}: {done} of {len(landed)} files")
    return results


def reload(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: SourceContract,
    extract: Extract,
    numbered: Sequence[tuple[Landed, journal.Entry]],
) -> list[LoadResult]:
    """Load copies in landing again, under the numbers, run and time of their first load.

    Args:
        con: Connection whose catalog `lake` takes them.
        settings: Where landing is.
        contract, extract: How to read them.
        numbered: Deliveries that one run loaded, in its order.
    """
    entries = {id(landed): entry for landed, entry in numbered}
    first = numbered[0][1]
    job = _Job(con, settings, contract, extract, first.run_id, first.loaded_at)
    results: list[LoadResult] = []
    for batch in _batches([landed for landed, _ in numbered]):
        loads = [
            replace(load, load_id=entries[id(load.landed)].load_id, version=entries[id(load.landed)].version)
            for load in ledger.plan(con, batch)
        ]
        results += _store_loads(job, loads)
        failpoint("rebuild.loaded")
    return results


def _land(settings: Settings, extract: Extract, waiting: Sequence[Delivery]) -> list[Landed]:
    """Verified copies; zlib and hashlib let other threads run, so cores are used."""
    with ThreadPoolExecutor(settings.threads) as pool:
        landed = pool.map(lambda delivery: landing.land(settings, extract, delivery), waiting)
        return [item for item in landed if item is not None]


def _batches(landed: Sequence[Landed]) -> Iterator[list[Landed]]:
    """Split by size, and so that one batch holds a business date and a content only once."""
    batch: list[Landed] = []
    for item in landed:
        is_full = sum(other.text_bytes for other in batch) + item.text_bytes > _BATCH_BYTES
        repeats = any(
            other.sha256 == item.sha256 or other.delivery.business_on == item.delivery.business_on for other in batch
        )
        if batch and (is_full or repeats):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _take_from_inbox(delivery: Delivery) -> None:
    delivery.path.unlink(missing_ok=True)
    delivery.path.with_name(f"{delivery.file}.done").unlink(missing_ok=True)


def _load_batch(job: _Job, batch: Sequence[Landed]) -> list[LoadResult]:
    loads = [load for load in ledger.plan(job.con, batch) if not load.is_leftover]
    journal.note(job.settings, loads, run_id=job.run_id, loaded_at=job.loaded_at)
    return _store_loads(job, loads)


def _store_loads(job: _Job, loads: Sequence[Load]) -> list[LoadResult]:
    outcomes: dict[str, Outcome] = {}
    with ExitStack() as temporary:
        sources = [source for load in loads if (source := _source(job, load, outcomes, temporary))]
        _commit(job, loads, sources, outcomes)
    return [ledger.result(load, outcomes[load.load_id]) for load in loads]


def _source(job: _Job, load: Load, outcomes: dict[str, Outcome], temporary: ExitStack) -> Source | None:
    """What to read for a load; None, with an outcome, where there is nothing to read."""
    landed = load.landed
    if load.duplicate_of is not None:
        outcomes[load.load_id] = Outcome("duplicate", f"the same contents as load {load.duplicate_of}")
    elif landed.problem is not None:
        outcomes[load.load_id] = Outcome("rejected", landed.problem)
    else:
        try:
            path = temporary.enter_context(landing.readable(job.settings, job.extract, landed))
            return Source(load, path, header.read_layout(job.con, job.extract, landed.path))
        except UnicodeDecodeError:
            outcomes[load.load_id] = Outcome("rejected", f"its text is not valid {job.extract.encoding}")
        except header.HeaderError as error:
            outcomes[load.load_id] = Outcome("held", str(error))
    return None


def _commit(job: _Job, loads: Sequence[Load], sources: Sequence[Source], outcomes: dict[str, Outcome]) -> None:
    """Store rows and ledger rows together; complete `outcomes`.

    A file that the reader cannot split at all fails the statement for all files: halving finds it.
    """
    try:
        with transaction(job.con):
            outcomes |= _store(job, sources)
            failpoint("load.rows_stored")
            ledger.record(job.con, job.extract, outcomes, loads, run_id=job.run_id, loaded_at=job.loaded_at)
            failpoint("load.recorded")
        failpoint("load.committed")
    except _UNREADABLE:
        if not sources:
            raise
        if len(sources) == 1:
            reason = "it cannot be split into rows: its line ends or quotes are mixed up"
            outcomes[sources[0].load.load_id] = Outcome("rejected", reason)
            _commit(job, loads, [], outcomes)
            return
        middle = len(sources) // 2
        later = {source.load.load_id for source in sources[middle:]}
        _commit(job, [load for load in loads if load.load_id not in later], sources[:middle], outcomes)
        _commit(job, [load for load in loads if load.load_id in later], sources[middle:], outcomes)


def _store(job: _Job, sources: Sequence[Source]) -> dict[str, Outcome]:
    """Store the rows of readable files and judge each file; the caller holds the transaction."""
    if not sources:
        return {}
    store = job.store
    store.forget_broken()
    seen: dict[str, Seen] = {}
    for _, group in groupby(sorted(sources, key=_layout), key=_layout):
        files = sorted(group, key=lambda source: source.load.landed.delivery.business_on)
        seen |= store.insert_all(files, scans=job.settings.threads)
    suspects = [source for source in sources if _needs_a_look(job.extract, source, seen[source.load.load_id])]
    outcomes = {load_id: Outcome("loaded", None, rows.accepted, rows.accepted) for load_id, rows in seen.items()}
    outcomes |= _judge(job, store, suspects, seen)
    _balance(store, outcomes, [source.load.load_id for source in suspects])
    return outcomes


def _needs_a_look(extract: Extract, source: Source, seen: Seen) -> bool:
    return bool(seen.bad or seen.broken) or not control.agrees(extract, source, seen)


def _judge(job: _Job, store: Store, suspects: Sequence[Source], seen: Mapping[str, Seen]) -> dict[str, Outcome]:
    """Decide on files with bad rows, and leave in raw only what stays."""
    if not suspects:
        return {}
    doubts = {source.load.load_id: control.doubt(job.extract, source, seen[source.load.load_id]) for source in suspects}
    certain = [source for source in suspects if doubts[source.load.load_id] is None]
    store.remove([source.load.load_id for source in suspects])
    for _, group in groupby(sorted(certain, key=_layout), key=_layout):
        store.quarantine(list(group))
    outcomes: dict[str, Outcome] = {}
    for source in suspects:
        load_id = source.load.load_id
        outcomes[load_id] = _verdict(job, load_id, seen[load_id], doubts[load_id])
    good = [source for source in certain if outcomes[source.load.load_id].status == "loaded"]
    for _, group in groupby(sorted(good, key=_layout), key=_layout):
        store.insert_good(list(group))
    return outcomes


def _verdict(job: _Job, load_id: str, seen: Seen, doubt: str | None) -> Outcome:
    rows = seen.accepted + seen.broken
    bad = seen.bad + seen.broken
    limit = job.extract.limits.bad_row_share
    if doubt is not None:
        return Outcome("held", doubt, rows, 0, rows)
    if rows and bad / rows > limit:
        rules = quarantine.describe(job.con, load_id)
        return Outcome("held", f"{bad:,} of {rows:,} rows are bad, more than {limit:.2%}: {rules}", rows, 0, rows)
    return Outcome("loaded", None, rows, rows - bad, bad)


def _layout(source: Source) -> Layout:
    return source.layout


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
