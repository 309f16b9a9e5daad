"""The value axis: four tiers of sales by stored edges, so that a tier means the same money until the next fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

TIERS: Final = ("v1", "v2", "v3", "v4")  # highest first
# Shares of buying customers above each edge: the top tenth, the next fifth, the next three tenths, the rest.
_QUANTILES: Final = (0.4, 0.7, 0.9)


def fit_edges(sales: NDArray[np.float64]) -> tuple[float, ...]:
    """Lower edges (reporting currency, ascending) of v3, v2 and v1 among customers with sales.

    Edges are observed amounts, not interpolated ones, and equal amounts always share a tier.

    >>> fit_edges(np.array([10.0, 20, 30, 40, 50, 60, 70, 80, 90, 100]))
    (50.0, 80.0, 100.0)
    """
    edges = np.quantile(sales, _QUANTILES, method="higher")
    return tuple(float(edge) for edge in edges)


def tiers(sales: NDArray[np.float64], edges: Sequence[float]) -> NDArray[np.int64]:
    """Position in `TIERS` per customer; an amount on an edge belongs to the higher tier.

    >>> tiers(np.array([0.0, 50.0, 100.0]), (50.0, 80.0, 100.0)).tolist()
    [3, 2, 0]
    """
    above: NDArray[np.int64] = len(TIERS) - 1 - np.searchsorted(np.asarray(edges), sales, side="right")
    return above
