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
import pandas as pd

from ml.identity.graph import Bools, Ints

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
    ids = _awarded(label, age, held)
    borne = set(ids.to_list()) | set(held.id.tolist())
    free = ~np.isin(formerly.id, np.fromiter(borne, dtype=np.int64, count=len(borne)))
    open_ = free & ~np.isin(label[formerly.record], ids.index.to_numpy())
    past = Holdings(formerly.record[open_], formerly.id[open_], formerly.rank[open_], formerly.is_native[open_])
    again = _awarded(label, age, past)
    ids = pd.concat([ids, again])
    founders = pd.DataFrame({"label": label, "age": age, "own": own_id})
    founders = founders[~founders["label"].isin(ids.index)].sort_values("age").drop_duplicates("label")
    founded = pd.Series(
        _unlike(founders["own"].to_numpy(dtype=np.int64), np.concatenate([taken, ids.to_numpy(dtype=np.int64)])),
        index=founders["label"],
    )
    result: Ints = pd.concat([ids, founded]).reindex(label).to_numpy(dtype=np.int64)
    return result


def _awarded(label: Ints, age: Ints, holdings: Holdings) -> pd.Series[int]:
    """Id of each cluster that gets one of `holdings`, by label."""
    frame = pd.DataFrame(
        {
            "id": holdings.id,
            "rank": holdings.rank,
            "label": label[holdings.record],
            "age": age[holdings.record],
            "natives": holdings.is_native.astype(np.int64),
            "records": np.ones(len(holdings.id), dtype=np.int64),
        }
    )
    parts = frame.groupby(["id", "label"], as_index=False).agg(
        {"natives": "sum", "records": "sum", "age": "min", "rank": "min"}
    )
    order = ["id", "natives", "records", "age"]
    parts = parts.sort_values(order, ascending=[True, False, False, True]).drop_duplicates("id")
    oldest = parts.sort_values(["label", "rank", "id"]).drop_duplicates("label")
    awarded: pd.Series[int] = oldest.set_index("label")["id"].astype(np.int64)
    return awarded


def _unlike(wanted: Ints, taken: Ints) -> Ints:
    """`wanted`, moved on where an id is taken or wanted twice; the earlier entry keeps it."""
    ids = wanted.copy()
    while True:
        clash = np.isin(ids, taken) | pd.Series(ids).duplicated().to_numpy()
        if not clash.any():
            return ids
        moved = (ids[clash].astype(np.uint64) * np.uint64(_STEP) + np.uint64(1)) >> np.uint64(64 - ID_BITS)
        ids[clash] = np.maximum(moved.astype(np.int64), 1)
