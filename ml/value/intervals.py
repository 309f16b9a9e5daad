"""Intervals from the errors of a back-test: of customers with like forecasts, how far off were most?

Split conformal prediction by decile of the forecast (Lei and others, "Distribution-free predictive inference for
regression", JASA 113, 2018): no assumption about the shape of errors, but that the next months are like the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Of ten customers eight lie within: the tails beyond hold too few of a decile of a small business to be told.
INTERVAL_PCT: Final = 80.0
_MOST_BINS: Final = 10
_LEAST_ROWS: Final = 30  # a bin of fewer has less than three errors in each tail


@dataclass(frozen=True)
class Bands:
    """edges: upper ends of all bins of forecasts but the last.  below, above: what is added to a forecast, by bin."""

    edges: Sequence[float]
    below: Sequence[float]
    above: Sequence[float]

    def around(self, forecast: Floats, *, floor: float | None = None) -> tuple[Floats, Floats]:
        """Low and high of each forecast; `floor`: nothing below is possible.

        >>> Bands([10.0], [-5.0, -8.0], [1.0, 2.0]).around(np.array([3.0, 20.0]), floor=0.0)
        (array([ 0., 12.]), array([ 4., 22.]))
        """
        bins = np.searchsorted(np.asarray(self.edges, dtype=np.float64), forecast, side="left")
        low, high = forecast + np.asarray(self.below)[bins], forecast + np.asarray(self.above)[bins]
        if floor is not None:
            low = np.minimum(np.maximum(low, floor), forecast)
        return low, high


def bins_of(forecast: Floats) -> tuple[list[float], NDArray[np.int64]]:
    """Edges of up to ten bins of equal count and the bin of each forecast; equal forecasts share a bin."""
    count = int(np.clip(forecast.size // _LEAST_ROWS, 1, _MOST_BINS))
    edges = np.unique(np.quantile(forecast, np.arange(1, count) / count, method="inverted_cdf"))
    edges = edges[edges < forecast.max()]
    return edges.tolist(), np.searchsorted(edges, forecast, side="left")


def fit_bands(forecast: Floats, outcome: Floats) -> Bands:
    """Bands that hold `INTERVAL_PCT` of the outcomes of each bin, and every forecast."""
    edges, bins = bins_of(forecast)
    tail = (100 - INTERVAL_PCT) / 200
    below, above = [], []
    for number in range(len(edges) + 1):
        error = (outcome - forecast)[bins == number]
        below.append(min(float(np.quantile(error, tail, method="lower")), 0.0))
        above.append(max(float(np.quantile(error, 1 - tail, method="higher")), 0.0))
    return Bands(edges, below, above)
