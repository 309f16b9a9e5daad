"""Permanent ids: a cluster keeps the id that its records bore, whatever else changes.

An id that was borne goes with the larger part of the records that bore it first and by themselves, not through a
merge; of equal parts with the one that has more records, then the oldest. A cluster that gets several keeps the oldest.
One that gets none takes up an id that its records bore earlier and that nobody bears now, so that splitting undoes
merging; else the id of its oldest record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.identity.graph import Bools, Ints, begins

#: Ids are positive and below 2^52, so that a reader who takes numbers for doubles reads them exactly.
ID_BITS: Final = 52
_STEP: Final = 6_364_136_223_846_793_005


@dataclass(frozen=True, slots=True)
class Holdings:
    """Which ids records bore: one entry a record and id.

    Attributes:
        record: Positions.
        id: The id.
        rank: Age of the id, 0 the oldest; the same wherever the id stands.
        is_native: Whether it is the first id that the record bore.
    """

    record: Ints
    id: Ints
    rank: Ints
    is_native: Bools

    def where(self, mask: Bools) -> Holdings:
        return Holdings(self.record[mask], self.id[mask], self.rank[mask], self.is_native[mask])


def assign_ids(label: Ints, age: Ints, own_id: Ints, *, held: Holdings, formerly: Holdings, taken: Ints) -> Ints:
    """An id for every record, the same within a cluster.

    Args:
        label: Cluster of each record.
        age: Rank of each record, 0 the oldest, no two the same.
        own_id: The id that each record would found.
        held: Ids borne up to now, one a record at most.
        formerly: Ids borne before those.
        taken: Every id that was ever given: a founded id must not be one of them.

    Example:
        >>> none = Holdings(*[np.array([], dtype=np.int64)] * 3, np.array([], dtype=np.bool_))
        >>> two = np.array([0, 0, 2])
        >>> assign_ids(two, np.array([1, 0, 2]), np.array([7, 8, 9]), held=none, formerly=none, taken=none.id).tolist()
        [8, 8, 9]
    """
    labels, ids = _awarded(label, age, held)
    is_open = ~np.isin(formerly.id, np.concatenate([ids, held.id])) & ~np.isin(label[formerly.record], labels)
    again = _awarded(label, age, formerly.where(is_open))
    labels, ids = np.concatenate([labels, again[0]]), np.concatenate([ids, again[1]])
    oldest = np.lexsort((age, label))
    founders = oldest[begins(label[oldest])]
    founders = founders[~np.isin(label[founders], labels)]
    founders = founders[np.argsort(age[founders])]
    founded = _unlike(own_id[founders], np.concatenate([taken, ids]))
    labels, ids = np.concatenate([labels, label[founders]]), np.concatenate([ids, founded])
    order = np.argsort(labels)
    result: Ints = ids[order][np.searchsorted(labels[order], label)]
    return result


def _awarded(label: Ints, age: Ints, holdings: Holdings) -> tuple[Ints, Ints]:
    """Labels of the clusters that get one of the ids of `holdings`, and which."""
    order = np.lexsort((label[holdings.record], holdings.id))
    ids, owners = holdings.id[order], label[holdings.record[order]]
    starts = np.flatnonzero(begins(ids, owners))
    if not len(starts):
        return starts, starts
    natives = np.add.reduceat(holdings.is_native[order].astype(np.int64), starts)
    records = np.diff(starts, append=len(order))
    oldest = np.minimum.reduceat(age[holdings.record[order]], starts)
    ids, owners, rank = ids[starts], owners[starts], holdings.rank[order][starts]
    parts = np.lexsort((oldest, -records, -natives, ids))
    parts = parts[begins(ids[parts])]
    parts = parts[np.lexsort((ids[parts], rank[parts], owners[parts]))]
    parts = parts[begins(owners[parts])]
    return owners[parts], ids[parts]


def _unlike(wanted: Ints, taken: Ints) -> Ints:
    """`wanted`, moved on where an id is taken or wanted twice; the earlier entry keeps it."""
    ids = wanted.copy()
    while True:
        order = np.argsort(ids, kind="stable")
        clash = np.isin(ids, taken)
        clash[order] |= ~begins(ids[order])
        if not clash.any():
            return ids
        moved = (ids[clash].astype(np.uint64) * np.uint64(_STEP) + np.uint64(1)) >> np.uint64(64 - ID_BITS)
        ids[clash] = np.maximum(moved.astype(np.int64), 1)
