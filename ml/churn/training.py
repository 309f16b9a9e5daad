"""Which rows a churn model may learn from, and which it is tested on.

The rule that keeps the future out: a training row's outcome was known before the first test cut-off. Label
windows of training and test rows therefore never overlap, and nothing after `as_of` is read at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.errors import InputError
from ml.frames import day_date, day_number, days, integers, matrix, require
from ml.sampling import key_hash, lowest, whole_clusters
from ml.schemas import CHURN_FEATURES

_KEYS: Final = ["customer_id", "cutoff_on"]
_NAMES: Final = [feature.name for feature in CHURN_FEATURES]
_TEST_SHARE: Final = 4  # one labelled cut-off in four is for the test …
_MOST_TEST_CUTOFFS: Final = 6  # … but more than six say little about the present
MAX_TEST_ROWS: Final = 50_000  # intervals of all metrics are far below a difference that matters


@dataclass(frozen=True)
class Split:
    """Cut-offs as day numbers since 1970-01-01, ascending."""

    train: tuple[int, ...]
    test: tuple[int, ...]


@dataclass(frozen=True)
class Rows:
    """Snapshots with known outcome, ordered by cut-off, then customer."""

    customer: NDArray[np.int64]
    cutoff: NDArray[np.int64]
    features: NDArray[np.float64]
    churned: NDArray[np.bool_]

    def at(self, mask: NDArray[np.bool_]) -> Rows:
        """The rows where `mask` is true."""
        return Rows(self.customer[mask], self.cutoff[mask], self.features[mask], self.churned[mask])

    def churners(self) -> int:
        """Distinct customers with at least one churn: the evidence there is."""
        return int(np.unique(self.customer[self.churned]).size)


@dataclass(frozen=True)
class TrainingData:
    """All that a fit depends on. `fingerprint` is equal exactly when a fit would give the same model."""

    train: Rows
    test: Rows
    final: Rows
    split: Split
    horizon_days: int
    seed: int
    fingerprint: str

    def known_on(self) -> date:
        """The day on which the newest outcome became known."""
        newest = int(self.final.cutoff.max()) if self.final.cutoff.size else 0
        return day_date(newest + self.horizon_days)


def prepare(
    features: pa.Table, labels: pa.Table, *, as_of: date, horizon_days: int, seed: int, max_rows: int
) -> TrainingData:
    """Join, split and sample the snapshots whose outcome was known on `as_of`.

    features: customer_id, cutoff_on and the columns of `schemas.CHURN_FEATURES`; one row per key.
    labels: customer_id, cutoff_on, is_active, is_churned (null = not known yet).
    max_rows: larger sets are sampled by a hash of customer and cut-off, so that a row stays in or out for good.
    Raises `InputError` for a missing column, a doubled key or a labelled snapshot without features.
    """
    require(features, [*_KEYS, *_NAMES], "customer features")
    require(labels, [*_KEYS, "is_active", "is_churned"], "churn labels")
    newest = day_number(as_of) - horizon_days
    known = labels.filter(pc.and_(labels["is_active"], pc.is_valid(labels["is_churned"])))
    known = known.filter(pa.array(days(known, "cutoff_on") <= newest))
    customer, cutoff = integers(known, "customer_id"), days(known, "cutoff_on")
    split = split_cutoffs(sorted(set(cutoff.tolist())), horizon_days)
    key = key_hash(customer, cutoff, seed=seed)
    final = lowest(key, max_rows)
    train, test = np.isin(cutoff, split.train), np.isin(cutoff, split.test)
    train[train] = lowest(key[train], max_rows)
    test[test] = whole_clusters(key_hash(customer[test], seed=seed), min(MAX_TEST_ROWS, max_rows))
    used = final | train | test
    rows, order = _join(known.filter(pa.array(used)), features)
    parts = [rows.at(mask[used][order]) for mask in (train, test, final)]
    mark = _fingerprint(parts, f"{_NAMES}|{horizon_days}|{seed}|{split}")
    return TrainingData(parts[0], parts[1], parts[2], split, horizon_days, seed, mark)


def split_cutoffs(labelled: Sequence[int], horizon_days: int) -> Split:
    """The last labelled cut-offs test; those whose outcome was known by the first of them train.

    >>> split_cutoffs([0, 14, 28, 42, 56, 70, 84, 98], 56)
    Split(train=(0, 14, 28), test=(84, 98))
    """
    wanted = min(_MOST_TEST_CUTOFFS, max(1, len(labelled) // _TEST_SHARE))
    test = tuple(labelled[-wanted:]) if labelled else ()
    train = tuple(day for day in labelled if test and day + horizon_days <= test[0])
    return Split(train, test)


def _join(known: pa.Table, features: pa.Table) -> tuple[Rows, NDArray[np.int64]]:
    """Labels with their features in key order, and the order that was applied to `known`."""
    customer, cutoff = integers(known, "customer_id"), days(known, "cutoff_on")
    order = np.lexsort((customer, cutoff))
    customer, cutoff = customer[order], cutoff[order]
    if bool(((np.diff(customer) == 0) & (np.diff(cutoff) == 0)).any()):
        raise InputError("churn labels: a customer appears twice at one cut-off.")
    numbered = known.select(_KEYS).take(pa.array(order)).append_column("position", pa.array(np.arange(len(order))))
    joined = numbered.join(features.select([*_KEYS, *_NAMES]), keys=_KEYS, join_type="inner").sort_by("position")
    if joined.num_rows != known.num_rows:
        raise InputError(
            f"customer features: {joined.num_rows} row(s) for {known.num_rows} labelled snapshot(s); "
            "each needs exactly one."
        )
    churned = pc.cast(known["is_churned"].combine_chunks(), pa.bool_()).to_numpy(zero_copy_only=False)[order]
    return Rows(customer, cutoff, matrix(joined, _NAMES), churned.astype(bool)), order


def _fingerprint(parts: Sequence[Rows], settings: str) -> str:
    """SHA-256 of the rows and settings that a fit sees, hex."""
    digest = hashlib.sha256(settings.encode())
    for rows in parts:
        for values in (rows.customer, rows.cutoff, rows.features, rows.churned):
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
