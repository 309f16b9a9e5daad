"""Tables behind the two charts of a churn model: is the probability true (calibration), is the order useful (lift)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.metrics import Ranking

_SHARES: Final = np.arange(21) / 20  # a point every 5 % of customers
_Z: Final = 1.959963984540054  # 97.5 % quantile of the normal distribution


@dataclass(frozen=True, slots=True)
class CalibrationTable:
    """One entry per bin of predictions, from the lowest; bins hold equally many rows where ties allow."""

    predicted_mean: NDArray[np.float64]
    observed_share: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    n_rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LiftTable:
    """One entry per share of customers, the highest scores first. lift = gain / population share, NaN at 0."""

    population_share: NDArray[np.float64]
    gain_share: NDArray[np.float64]
    lift: NDArray[np.float64]


def calibration_table(outcome: NDArray[np.generic], score: NDArray[np.float64]) -> CalibrationTable:
    """Predicted and observed share per bin, with Wilson's 95 % interval of the observed share.

    >>> calibration_table(np.array([0, 1]), np.array([0.5, 0.5])).observed_share
    array([0.5])
    """
    ranking = Ranking(outcome, score)
    used, bins = np.unique(ranking.bins, return_inverse=True)
    n = np.bincount(bins, minlength=used.size)
    observed = np.bincount(bins, ranking.outcome) / n
    low, high = wilson(observed, n)
    return CalibrationTable(np.bincount(bins, ranking.score) / n, observed, low, high, n)


def lift_table(outcome: NDArray[np.generic], score: NDArray[np.float64]) -> LiftTable:
    """Cumulative gain and lift at each 5 % of customers.

    >>> lift_table(np.array([1, 0, 0, 0]), np.array([0.9, 0.3, 0.2, 0.1])).lift[5]
    np.float64(4.0)
    """
    gain = Ranking(outcome, score).gain(np.ones(len(outcome)), _SHARES)
    with np.errstate(invalid="ignore"):
        return LiftTable(_SHARES.copy(), gain, gain / _SHARES)


def wilson(share: NDArray[np.float64], n: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's 95 % interval (1927) of a share among `n`: sound for small n and for shares near 0."""
    spread = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    return np.clip(centre - spread, 0, 1), np.clip(centre + spread, 0, 1)
