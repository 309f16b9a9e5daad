"""Samples that depend on keys, never on the order of rows: the same customers on every run."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)


def key_hash(*keys: NDArray[np.integer], seed: int) -> NDArray[np.uint64]:
    """A 64-bit hash of each row's integer keys (SplitMix64, Steele, Lea and Flood 2014).

    >>> bool((key_hash(np.array([1, 2]), seed=7) == key_hash(np.array([1, 2]), seed=7)).all())
    True
    """
    state = np.full(keys[0].shape, np.uint64(seed % 2**64))
    with np.errstate(over="ignore"):
        for key in keys:
            state = _mix(state + _GAMMA + _mix(key.astype(np.int64).view(np.uint64) + _GAMMA))
    return state


def lowest(hashes: NDArray[np.uint64], at_most: int) -> NDArray[np.bool_]:
    """Which rows stay so that `at_most` remain: those with the lowest hash."""
    if hashes.size <= at_most:
        return np.ones(hashes.size, dtype=bool)
    edge = np.partition(hashes, at_most - 1)[at_most - 1]
    kept: NDArray[np.bool_] = hashes <= edge
    return kept


def whole_clusters(hashes: NDArray[np.uint64], at_most: int) -> NDArray[np.bool_]:
    """As `lowest`, for rows that share one hash per cluster: clusters stay whole, rows stay within `at_most`."""
    if hashes.size <= at_most:
        return np.ones(hashes.size, dtype=bool)
    values, counts = np.unique(hashes, return_counts=True)
    first_out = int(np.searchsorted(np.cumsum(counts), at_most, side="right"))
    kept: NDArray[np.bool_] = hashes < values[first_out]
    return kept


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return mixed
