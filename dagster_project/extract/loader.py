"""From the inbox into raw: each delivery is loaded whole, kept out whole, or found to be there already.

The rows of a batch of files and their ledger rows are one transaction, so a run may be killed at any moment;
what is left in the inbox then is taken up by the next run. Initial history is a few large batches, a day a
small one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from typing import Final

import duckdb

from dagster_project.extract import header, journal, landing, ledger
from dagster_project.extract.contract import Extract, SourceContract
from dagster_project.extract.intake import Delivery, deliveries
from dagster_project.extract.judging import Job, store
from dagster_project.extract.landing import Landed
from dagster_project.extract.ledger import Load, LoadResult, Outcome
from dagster_project.extract.scans import Source
from dagster_project.failpoints import failpoint
from dagster_project.settings import Settings
from dagster_project.warehouse import transaction

Progress = Callable[[str], None]

#: Unpacked bytes of one transaction: bounds what a kill can undo and how long nothing is reported.
_BATCH_BYTES: Final = 1_000_000_000
#: Errors that mean "this file is no csv", as against a full disk or too little memory.
_UNREADABLE: Final = (duckdb.InvalidInputException, duckdb.ConversionException)


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
        job = Job(con, settings, contract, extract, as_of, run_id, ledger.naive_utc(now))
        landed = _land(settings, extract, [item for item in waiting if item.extract == extract.name])
        done = 0
        for batch in _batches(landed):
            results += load_batch(job, batch)
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
    job = Job(
        con, settings, contract, extract, first.as_of, first.run_id, first.loaded_at, first.accepted_reason
    )  # fmt: skip
    results: list[LoadResult] = []
    for batch in _batches([landed for landed, _ in numbered]):
        loads = [
            replace(load, load_id=entries[id(load.landed)].load_id, version=entries[id(load.landed)].version)
            for load in ledger.plan(con, extract, batch)
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
    """Split by size, and so that one batch holds a part of a business date and a content only once."""
    batch: list[Landed] = []
    held: set[object] = set()
    text_bytes = 0
    for item in landed:
        keys = {item.sha256, (item.delivery.business_on, item.delivery.part)}
        if batch and (text_bytes + item.text_bytes > _BATCH_BYTES or not held.isdisjoint(keys)):
            yield batch
            batch, held, text_bytes = [], set(), 0
        batch.append(item)
        held |= keys
        text_bytes += item.text_bytes
    if batch:
        yield batch


def _take_from_inbox(delivery: Delivery) -> None:
    delivery.path.unlink(missing_ok=True)
    if delivery.has_marker:
        delivery.path.with_name(f"{delivery.file}.done").unlink(missing_ok=True)
    if delivery.control is not None:
        delivery.control.unlink(missing_ok=True)


def load_batch(job: Job, batch: Sequence[Landed]) -> list[LoadResult]:
    """Load verified files of which no two are of the same place or contents."""
    loads = [load for load in ledger.plan(job.con, job.extract, batch) if not load.is_leftover]
    journal.note(job, loads)
    return _store_loads(job, loads)


def _store_loads(job: Job, loads: Sequence[Load]) -> list[LoadResult]:
    outcomes: dict[str, Outcome] = {}
    with ExitStack() as temporary:
        sources = [source for load in loads if (source := _source(job, load, outcomes, temporary))]
        _commit(job, loads, sources, outcomes)
    return [ledger.result(load, outcomes[load.load_id]) for load in loads]


def _source(job: Job, load: Load, outcomes: dict[str, Outcome], temporary: ExitStack) -> Source | None:
    """What to read for a load; None, with an outcome, where there is nothing to read."""
    landed = load.landed
    if load.duplicate_of is not None:
        outcomes[load.load_id] = Outcome("duplicate", f"the same contents as load {load.duplicate_of}")
    elif landed.problem is not None:
        outcomes[load.load_id] = Outcome("rejected", landed.problem)
    elif landed.text_bytes == 0 and not _may_be_empty(job.extract):
        outcomes[load.load_id] = Outcome("rejected", "it is empty: 0 bytes")
    else:
        try:
            path = temporary.enter_context(landing.readable(job.settings, job.extract, landed))
            return Source(load, path, header.read_layout(job.extract, landed.path))
        except landing.NotDecodableError as error:
            reason = f"its text is not valid {job.extract.encoding} at byte {error.offset:,}"
            outcomes[load.load_id] = Outcome("rejected", reason)
        except header.HeaderError as error:
            outcomes[load.load_id] = Outcome("held", f"{error}; the owner is {job.contract.owner}")
    return None


def _may_be_empty(extract: Extract) -> bool:
    """Without a header there is nothing that a file without records could hold."""
    return extract.limits.allow_empty and extract.format.startswith("jsonl")


def _commit(job: Job, loads: Sequence[Load], sources: Sequence[Source], outcomes: dict[str, Outcome]) -> None:
    """Store rows and ledger rows together; complete `outcomes`.

    A file that the reader cannot split at all fails the statement for all files: halving finds it.
    """
    try:
        with transaction(job.con):
            outcomes |= store(job, sources)
            failpoint("load.rows_stored")
            ledger.record(
                job.con,
                job.extract,
                outcomes,
                loads,
                as_of=job.as_of,
                run_id=job.run_id,
                loaded_at=job.loaded_at,
                accepted_reason=job.accepted_reason,
            )
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
