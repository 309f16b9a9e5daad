"""The behaviour axis: k-means on four traits of how a customer shops, with k chosen by stability.

Traits, not amounts: how often, how large a basket, how late against the own rhythm, how much on discount. Spending
is the other axis and stays out. Sums run in one thread, so the same customers give the same centres to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

TRAITS: Final = ("orders_182d", "basket_sales_182d", "gap_ratio", "discount_share_91d")
K_RANGE: Final = range(3, 8)  # fewer say nothing, more cannot be named or served
_CLEAR: Final = 0.8  # of the best silhouette
_TIE: Final = 0.01  # of the adjusted Rand index; ten resamples resolve no more
STABLE: Final = 0.75  # mean adjusted Rand index; customary line between a structure and an accident (Hennig 2007)
_RESAMPLES: Final = 10
_STARTS: Final = 5
SAMPLE: Final = 5_000  # customers for choosing k; the silhouette costs their square
_TAILS: Final = (0.01, 0.99)  # a customer beyond is as extreme as it gets
_LOGGED: Final = np.array([True, True, True, False])


class BehaviourInputs(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Trait rows → comparable scales: nulls filled, counts and money on a log-like scale, tails cut.

    Input columns: `TRAITS` and recency_days. A missing rhythm (gap_ratio null) is read as the absence against the
    typical customer's rhythm; a missing discount share as the typical one.
    typical_gap_days: median of mean_gap_days over the clustered customers.
    """

    def __init__(self, typical_gap_days: float) -> None:
        self.typical_gap_days = typical_gap_days

    def fit(self, rows: NDArray[np.float64], outcome: Any = None) -> Self:  # noqa: ARG002  # scikit-learn passes it
        """Learn the typical discount share and the tails. `outcome` is not used."""
        discount = rows[:, 3]
        known = discount[~np.isnan(discount)]
        self.discount_ = float(np.median(known)) if known.size else 0.0
        self.low_, self.high_ = np.quantile(self._scaled(rows), _TAILS, axis=0)
        return self

    def transform(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """One column per trait."""
        out: NDArray[np.float64] = np.clip(self._scaled(rows), self.low_, self.high_)
        return out

    def _scaled(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        traits = rows[:, :4].copy()
        traits[:, 2] = np.where(np.isnan(traits[:, 2]), rows[:, 4] / self.typical_gap_days, traits[:, 2])
        traits[:, 3] = np.where(np.isnan(traits[:, 3]), self.discount_, traits[:, 3])
        traits[:, _LOGGED] = np.arcsinh(traits[:, _LOGGED])
        return traits


@dataclass(frozen=True, slots=True)
class Stability:
    """How well `k` clusters stand: mean and lowest adjusted Rand index of bootstrap refits, and the silhouette."""

    k: int
    rand_mean: float
    rand_min: float
    silhouette: float


def fit_scale(rows: NDArray[np.float64], typical_gap_days: float) -> Pipeline:
    """Traits to standard deviations from the mean clustered customer."""
    return Pipeline([("inputs", BehaviourInputs(typical_gap_days)), ("scale", StandardScaler())]).fit(rows)


def fit_centres(points: NDArray[np.float64], k: int, seed: int) -> NDArray[np.float64]:
    """k centres in the order of their coordinates, so that their numbers do not depend on the start."""
    centres: NDArray[np.float64] = _kmeans(k, seed).fit(points).cluster_centers_
    return centres[np.lexsort(centres.T[::-1])]


def nearest(points: NDArray[np.float64], centres: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Index of the nearest centre and the Euclidean distance to it, per row; ties go to the lower index."""
    best = np.zeros(len(points), dtype=np.int64)
    least = np.full(len(points), np.inf)
    for index, centre in enumerate(centres):
        squared = np.zeros(len(points))
        for column in range(points.shape[1]):  # by column: a row's sum must not depend on the rows around it
            squared += (points[:, column] - centre[column]) ** 2
        closer = squared < least
        best[closer], least[closer] = index, squared[closer]
    return best, np.sqrt(least)


def stability(points: NDArray[np.float64], k: int, seed: int) -> Stability:
    """Refit on bootstrap samples and compare how they divide the same customers (Hennig 2007)."""
    base = _kmeans(k, seed).fit(points)
    generator = np.random.default_rng(seed)
    rand = []
    for _ in range(_RESAMPLES):
        drawn = points[generator.integers(0, len(points), len(points))]
        again = _kmeans(k, int(generator.integers(0, 2**31))).fit(drawn)
        rand.append(adjusted_rand_score(base.labels_, again.predict(points)))
    silhouette = float(silhouette_score(points, base.labels_)) if len(set(base.labels_)) > 1 else 0.0
    return Stability(k, float(np.mean(rand)), float(np.min(rand)), silhouette)


def choose_k(tried: list[Stability]) -> Stability:
    """The most stable k among those that separate customers about as clearly as the clearest; in a tie the smaller.

    Silhouettes of neighbouring k differ by less than they move from week to week, so they only rule out.

    >>> choose_k([Stability(3, 0.8, 0.7, 0.24), Stability(5, 0.9, 0.8, 0.21), Stability(7, 0.95, 0.9, 0.1)]).k
    5
    """
    clearest = max(one.silhouette for one in tried)
    clear = [one for one in tried if one.silhouette >= _CLEAR * clearest]
    most = max(one.rand_mean for one in clear)
    return min((one for one in clear if one.rand_mean >= most - _TIE), key=lambda one: one.k)


def _kmeans(k: int, seed: int) -> KMeans:
    return KMeans(k, n_init=_STARTS, random_state=seed, tol=1e-6, algorithm="lloyd")
