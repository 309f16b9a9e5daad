"""Metrics of a probability against a yes/no outcome, with row weights.

Weights make a bootstrap resample a weighting: the rows are sorted once, each resample is a cumulative sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

CALIBRATION_BINS: Final = 10  # bins of equal count; fewer hide errors, more drown them in noise
LIFT_SHARE: Final = 0.10  # share of customers a campaign can reach


class Ranking:
    """Outcomes sorted by falling score, with tied scores kept together.

    outcome: 1 where the event happened, else 0.  score: probability of the event, 0 to 1.
    All methods take one weight per row in the caller's order.

    >>> ranking = Ranking(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    >>> ranking.auc(np.ones(4))
    0.75
    """

    def __init__(self, outcome: NDArray[np.generic], score: NDArray[np.float64]) -> None:
        self.order: NDArray[np.int64] = np.argsort(-score, kind="stable")
        self.score = score[self.order]
        self.outcome = outcome[self.order].astype(np.float64)
        self._ends = np.flatnonzero(np.append(np.diff(self.score) != 0, True))
        edges = np.quantile(score, np.arange(1, CALIBRATION_BINS) / CALIBRATION_BINS, method="inverted_cdf")
        self.bins: NDArray[np.int64] = np.searchsorted(np.unique(edges), self.score, side="left")
        self._error = self.score - self.outcome

    def _hits(self, weight: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Cumulative weight of rows and of events at the end of each group of tied scores, from 0."""
        w = weight[self.order]
        rows, events = np.cumsum(w)[self._ends], np.cumsum(w * self.outcome)[self._ends]
        return np.append(0.0, rows), np.append(0.0, events)

    def auc(self, weight: NDArray[np.float64]) -> float:
        """Area under the ROC curve: chance that an event outranks a non-event, a tie counting half."""
        rows, events = self._hits(weight)
        others = rows - events
        area = np.sum(np.diff(others) * (events[1:] + events[:-1])) / 2
        return float(area / (events[-1] * others[-1]))

    def pr_auc(self, weight: NDArray[np.float64]) -> float:
        """Average precision (the step-wise area under precision and recall, as scikit-learn defines it)."""
        rows, events = self._hits(weight)
        gained = np.diff(events)
        return float(np.sum(gained * events[1:] / np.maximum(rows[1:], 1e-12)) / events[-1])

    def brier(self, weight: NDArray[np.float64]) -> float:
        """Mean squared error of the probability (Brier 1950)."""
        w = weight[self.order]
        return float(np.sum(w * self._error**2) / np.sum(w))

    def calibration_error(self, weight: NDArray[np.float64]) -> float:
        """Expected calibration error: mean distance of predicted and observed share over equal-count bins.

        Sampling noise adds to it, so it is above 0 even for a perfect model.
        """
        w = weight[self.order]
        gaps = np.abs(np.bincount(self.bins, w * self._error, minlength=CALIBRATION_BINS))
        return float(gaps.sum() / w.sum())

    def gain(self, weight: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of all events found in the top `share` of rows; within a tie, as if in random order."""
        rows, events = self._hits(weight)
        found: NDArray[np.float64] = np.interp(share * rows[-1], rows, events) / events[-1]
        return found

    def lift_at_10pct(self, weight: NDArray[np.float64]) -> float:
        """Share of events among the top 10 % of rows, as a multiple of the share among all rows."""
        return float(self.gain(weight, np.array([LIFT_SHARE]))[0] / LIFT_SHARE)


METRICS: Final[Mapping[str, Callable[[Ranking, NDArray[np.float64]], float]]] = {
    "auc": Ranking.auc,
    "pr_auc": Ranking.pr_auc,
    "brier": Ranking.brier,
    "calibration_error": Ranking.calibration_error,
    "lift_at_10pct": Ranking.lift_at_10pct,
}
