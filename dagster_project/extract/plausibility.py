"""Reasons to hold a file that can be read: totals, emptiness, an unusual size, records that vanish.

All but the control totals are judgements: a steward may accept the file all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from statistics import median
from typing import TYPE_CHECKING, Final

from dagster_project.extract.reading import identifier
from dagster_project.extract.scans import Source
from dagster_project.extract.store import Seen, Store
from dagster_project.extract.totals import difference

if TYPE_CHECKING:
    from dagster_project.extract.judging import Job

#: Deliveries before a file that say what is usual: most, and fewest to say anything.
_USUAL_MOST: Final = 7
_USUAL_FEWEST: Final = 3


def doubtful(job: Job, store: Store, sources: Sequence[Source], seen: Mapping[str, Seen]) -> dict[str, str]:
    """Why files of a batch are to be held, by load; nothing for the others. All rows are in raw at this point."""
    doubts = _against_control(store, sources, seen)
    if job.accepted_reason is not None:
        return doubts
    limits = job.extract.limits
    if not limits.allow_empty:
        empty = [source.load.load_id for source in sources if not _rows(seen, source)]
        doubts |= {
            load_id: "it has no rows; `limits.allow_empty: true` in its contract would let it pass"
            for load_id in empty
            if load_id not in doubts
        }
    if limits.min_share_of_usual is not None:
        doubts |= _unusual(job, sources, seen, doubts, limits.min_share_of_usual)
    if job.extract.load_mode == "snapshot" and job.extract.primary_key and limits.vanish_share < 1:
        doubts |= _vanishing(job, store, sources, doubts)
    return doubts


def _rows(seen: Mapping[str, Seen], source: Source) -> int:
    found = seen[source.load.load_id]
    return found.accepted + found.broken


def _against_control(store: Store, sources: Sequence[Source], seen: Mapping[str, Seen]) -> dict[str, str]:
    controlled = [(source, totals) for source in sources if (totals := source.load.landed.totals) is not None]
    columns = sorted({column for _, totals in controlled for column in totals.sums or {}})
    sums = _sums(store, [source.load.load_id for source, _ in controlled], columns) if columns else {}
    doubts = {}
    for source, totals in controlled:
        load_id = source.load.load_id
        found = difference(totals, _rows(seen, source), sums.get(load_id, {}))
        if found is not None:
            doubts[load_id] = found
    return doubts


def _unusual(
    job: Job, sources: Sequence[Source], seen: Mapping[str, Seen], doubts: Mapping[str, str], share: float
) -> dict[str, str]:
    """Files with far fewer rows than those of the same part of the days before."""
    earlier = job.con.execute(
        "select part, business_on, rows_in from ops.loads "
        "where system = $system and extract = $extract and status = 'loaded'",
        {"system": job.contract.system, "extract": job.extract.name},
    ).fetchall()
    sizes: dict[str, dict[date, int]] = {}
    for part, business_on, rows in earlier:
        sizes.setdefault(part, {})[business_on] = rows
    found: dict[str, str] = {}
    for source in sorted(sources, key=lambda item: item.load.landed.delivery.business_on):
        delivery, rows = source.load.landed.delivery, _rows(seen, source)
        if source.load.load_id in doubts:
            continue
        known = sizes.setdefault(delivery.part, {})
        days = sorted(on for on in known if on < delivery.business_on)[-_USUAL_MOST:]
        usual = median(known[on] for on in days) if len(days) >= _USUAL_FEWEST else 0
        if rows < share * usual:
            found[source.load.load_id] = f"it has {rows:,} rows, less than {share:.0%} of the usual {usual:,.0f}"
        else:
            known[delivery.business_on] = rows
    return found


def _vanishing(job: Job, store: Store, sources: Sequence[Source], doubts: Mapping[str, str]) -> dict[str, str]:
    """Snapshots in which too many keys of the snapshot before are gone."""
    earlier = job.con.execute(
        "select part, business_on, load_id from ops.loads "
        "where system = $system and extract = $extract and status = 'loaded'",
        {"system": job.contract.system, "extract": job.extract.name},
    ).fetchall()
    loads: dict[tuple[str, date], str] = {(part, business_on): load_id for part, business_on, load_id in earlier}
    limit = job.extract.limits.vanish_share
    found: dict[str, str] = {}
    for source in sorted(sources, key=lambda item: item.load.landed.delivery.business_on):
        delivery, load_id = source.load.landed.delivery, source.load.load_id
        if load_id in doubts:
            continue
        days = [on for part, on in loads if part == delivery.part and on < delivery.business_on]
        if days:
            keys, gone = _vanished(store, load_id, loads[delivery.part, max(days)])
            if keys and gone / keys > limit:
                found[load_id] = (
                    f"{gone:,} of the {keys:,} records of {max(days)} are gone, more than {limit:.0%}: "
                    f'if that is true, `tenure accept {load_id} --reason "..."`'
                )
                continue
        loads[delivery.part, delivery.business_on] = load_id
    return found


def _sums(store: Store, load_ids: Sequence[str], columns: Sequence[str]) -> dict[str, dict[str, object]]:
    """Sums of columns over every row that could be split, good or bad, by load."""
    sums = ", ".join(f"sum({identifier(column)})" for column in columns)
    found = store.con.execute(
        f"select _load_id, {sums} from {store.arrived} where _loaded_at = $at and list_contains($ids, _load_id) "
        "group by _load_id",
        {"ids": list(load_ids), "at": store.loaded_at},
    ).fetchall()
    return {load_id: dict(zip(columns, values, strict=True)) for load_id, *values in found}


def _vanished(store: Store, load_id: str, before: str) -> tuple[int, int]:
    """Keys that the load `before` has, and how many of them the other lacks."""
    key = ", ".join(identifier(name) for name in store.extract.primary_key)
    rows = store.con.execute(
        f"""
        select count(*), count_if(not is_there)
        from (
            select bool_or(_load_id = $load_id) as is_there
            from {store.arrived} where _load_id in ($load_id, $before)
            group by {key} having bool_or(_load_id = $before)
        )""",
        {"load_id": load_id, "before": before},
    ).fetchall()
    keys, gone = rows[0]
    return keys, gone
