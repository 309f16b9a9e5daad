"""The ledger `ops.loads`: what was delivered before, what is new, what was recorded, what still is in the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal

import duckdb

from dagster_project.extract.audited import record_events
from dagster_project.extract.contract import Extract
from dagster_project.extract.landing import Landed

Status = Literal["loaded", "duplicate", "held", "rejected", "superseded"]

_RESULT_COLUMNS: Final = """
    load_id, system, extract, file, business_on, part, status, reason, rows_in, rows_loaded, rows_quarantined
"""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What became of one delivery.

    Attributes:
        load_id: Key of the delivery in `ops.loads`.
        system, extract, file, business_on, part: What was delivered.
        status: loaded, duplicate, held, rejected or superseded.
        reason: Why it is not loaded, in words; None if it is.
        rows_in: Data rows in the file, `rows_loaded + rows_quarantined`.
        rows_loaded: Rows in raw.
        rows_quarantined: Rows kept out of raw.
    """

    load_id: str
    system: str
    extract: str
    file: str
    business_on: date
    part: str
    status: str
    reason: str | None
    rows_in: int
    rows_loaded: int
    rows_quarantined: int


@dataclass(frozen=True, slots=True)
class Load:
    """A delivery with its place in the ledger, before it is known what becomes of it.

    Attributes:
        landed: The verified copy.
        version: Number of this delivery for its extract, business date and part.
        load_id: Its key.
        duplicate_of: load_id of a loaded delivery with the same contents; None for new contents.
        is_leftover: The very file that was recorded already: a killed run did not get to remove it.
    """

    landed: Landed
    version: int
    load_id: str
    duplicate_of: str | None
    is_leftover: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a load; the ledger row without what `Load` knows already."""

    status: Status
    reason: str | None = None
    rows_in: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    notes: str | None = None


def plan(con: duckdb.DuckDBPyConnection, extract: Extract, landed: Sequence[Landed]) -> list[Load]:
    """Number deliveries of one extract, and find those whose contents are in raw already.

    The same rows a day later are news where a file states how things are: a state may come back. Elsewhere they
    are the same events sent twice.
    """
    if not landed:
        return []
    first = landed[0].delivery
    earlier = con.execute(
        """
        select business_on, part, version, sha256, status, load_id, file, file_modified_at
        from ops.loads
        where system = $system and extract = $extract
            and (list_contains($dates, business_on) or list_contains($hashes, sha256))
        """,
        {
            "system": first.system,
            "extract": first.extract,
            "dates": [item.delivery.business_on for item in landed],
            "hashes": [item.sha256 for item in landed],
        },
    ).fetchall()
    versions: dict[tuple[date, str], int] = {}
    contents: dict[object, str] = {}
    seen: set[tuple[str, str, datetime]] = set()
    for business_on, part, version, sha256, status, load_id, file, modified_at in earlier:
        versions[business_on, part] = max(version, versions.get((business_on, part), 0))
        if status == "loaded":
            contents[_content(extract, business_on, part, sha256)] = load_id
        if status in {"loaded", "duplicate"}:
            seen.add((file, sha256, modified_at))
    return [_number(extract, item, versions, contents, seen) for item in landed]


def _content(extract: Extract, business_on: date, part: str, sha256: str) -> object:
    """What makes two deliveries the same."""
    return (business_on, part, sha256) if extract.load_mode in {"snapshot", "upsert"} else sha256


def _number(
    extract: Extract,
    landed: Landed,
    versions: dict[tuple[date, str], int],
    contents: dict[object, str],
    seen: set[tuple[str, str, datetime]],
) -> Load:
    delivery = landed.delivery
    version = versions.get((delivery.business_on, delivery.part), 0) + 1
    versions[delivery.business_on, delivery.part] = version
    key = {"part": delivery.part, "version": version, "sha256": landed.sha256}
    load_id = load_id_of(delivery.system, delivery.extract, delivery.business_on, **key)
    duplicate_of = contents.get(_content(extract, delivery.business_on, delivery.part, landed.sha256))
    is_leftover = (delivery.file, landed.sha256, delivery.modified_at) in seen
    return Load(landed, version, load_id, duplicate_of, is_leftover)


def load_id_of(system: str, extract: str, business_on: date, **place: object) -> str:
    """Key of a load, the same in every rebuild; `place` is part, version and sha256."""
    parts = [system, extract, business_on, *(value for value in place.values() if value != "")]
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def record(
    con: duckdb.DuckDBPyConnection,
    extract: Extract,
    outcomes: Mapping[str, Outcome],
    loads: Iterable[Load],
    *,
    as_of: date,
    run_id: str,
    loaded_at: datetime,
    accepted_reason: str | None = None,
) -> None:
    """Write ledger rows and let them take the place of earlier deliveries of the same parts of business dates."""
    run = {"run_id": run_id, "loaded_at": loaded_at, "accepted_reason": accepted_reason}
    rows = [_row(load, outcomes[load.load_id], extract, as_of) | run for load in loads]
    if not rows:
        return
    names = list(rows[0])
    lists = {name: [row[name] for row in rows] for name in names}
    selected = ", ".join(f"unnest(${name}) as {name}" for name in names)
    con.execute(f"insert into ops.loads by name select {selected}", lists)
    # A good delivery settles everything before it; a bad one only other bad ones: the last good stays in use.
    con.execute(
        """
        update ops.loads as earlier set
            status = 'superseded',
            superseded_by = later.load_id,
            known_to_on = case when earlier.status = 'loaded' then $as_of::date else earlier.known_to_on end
        from ops.loads as later
        where list_contains($ids, later.load_id)
            and earlier.system = later.system and earlier.extract = later.extract
            and earlier.business_on = later.business_on and earlier.part = later.part
            and earlier.version < later.version
            and (
                later.status = 'loaded' and earlier.status in ('loaded', 'held', 'rejected')
                or later.status in ('held', 'rejected') and earlier.status in ('held', 'rejected')
            )
        """,
        {"ids": lists["load_id"], "as_of": as_of},
    )
    _supersede_repairs(con, lists["load_id"])
    record_events(con, rows)


def _supersede_repairs(con: duckdb.DuckDBPyConnection, load_ids: Sequence[object]) -> None:
    """Rows brought back from the quarantine of a delivery go out of use with it."""
    con.execute(
        """
        update ops.loads as repair set
            status = 'superseded', superseded_by = delivery.superseded_by, known_to_on = delivery.known_to_on
        from ops.loads as delivery
        where repair.repairs_load_id = delivery.load_id and list_contains($ids, delivery.superseded_by)
            and delivery.status = 'superseded' and repair.status in ('loaded', 'held')
        """,
        {"ids": load_ids},
    )


def _row(load: Load, outcome: Outcome, extract: Extract, as_of: date) -> dict[str, object]:
    delivery = load.landed.delivery
    return {
        "load_id": load.load_id,
        "system": delivery.system,
        "extract": delivery.extract,
        "file": delivery.file,
        "sha256": load.landed.sha256,
        "business_on": delivery.business_on,
        "part": delivery.part,
        "version": load.version,
        "load_mode": extract.load_mode,
        "status": outcome.status,
        "reason": outcome.reason,
        "rows_in": outcome.rows_in,
        "rows_loaded": outcome.rows_loaded,
        "rows_quarantined": outcome.rows_quarantined,
        "bytes": delivery.bytes,
        "file_modified_at": delivery.modified_at,
        "known_from_on": as_of if outcome.status == "loaded" else None,
        "notes": outcome.notes,
        "control_rows": load.landed.totals.rows if load.landed.totals else None,
        "control_sums": load.landed.totals.sums_json if load.landed.totals else None,
    }


def result(load: Load, outcome: Outcome) -> LoadResult:
    """The public form of a load and its outcome."""
    delivery = load.landed.delivery
    return LoadResult(
        load.load_id, delivery.system, delivery.extract, delivery.file, delivery.business_on, delivery.part,
        outcome.status, outcome.reason, outcome.rows_in, outcome.rows_loaded, outcome.rows_quarantined,
    )  # fmt: skip


def unresolved(con: duckdb.DuckDBPyConnection, *, as_of: date, system: str | None = None) -> list[LoadResult]:
    """Held and rejected deliveries up to `as_of` that no later delivery has replaced."""
    rows = con.execute(
        f"""
        select {_RESULT_COLUMNS} from ops.loads
        where status in ('held', 'rejected') and business_on <= $as_of and system = coalesce($system, system)
        order by business_on, system, extract, part, version
        """,
        {"as_of": as_of, "system": system},
    ).fetchall()
    return [LoadResult(*row) for row in rows]


def unchecked_loads(con: duckdb.DuckDBPyConnection, system: str, extract: str) -> list[str]:
    """Ids of loaded deliveries that have not passed the blocking raw suite yet, in order of business date."""
    rows = con.execute(
        """
        select load_id from ops.loads
        where system = $system and extract = $extract and status = 'loaded' and checked_at is null
        order by business_on, part, version
        """,
        {"system": system, "extract": extract},
    ).fetchall()
    return [row[0] for row in rows]


def mark_checked(con: duckdb.DuckDBPyConnection, load_ids: Sequence[str], now: datetime) -> None:
    """Record that the blocking raw suite passed on these loads."""
    con.execute(
        "update ops.loads set checked_at = $now where list_contains($ids, load_id)",
        {"now": naive_utc(now), "ids": list(load_ids)},
    )


def hold_loads(con: duckdb.DuckDBPyConnection, load_ids: Sequence[str], reason: str) -> None:
    """Take loaded deliveries out of use because a blocking check failed on them; their rows stay in raw.

    Nothing was published from them, so they were never known.
    """
    con.execute(
        "update ops.loads set status = 'held', reason = $reason, known_from_on = null "
        "where list_contains($ids, load_id)",
        {"reason": reason, "ids": list(load_ids)},
    )


def naive_utc(moment: datetime) -> datetime:
    """UTC without zone, as tables hold it.

    >>> naive_utc(datetime(2018, 1, 1, 5, tzinfo=UTC))
    datetime.datetime(2018, 1, 1, 5, 0)
    """
    return moment.astimezone(UTC).replace(tzinfo=None)
