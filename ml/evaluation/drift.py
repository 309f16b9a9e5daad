"""Population stability index: how far a feature has moved since the model was fitted.

Customary reading: below 0.1 stable, 0.1 to 0.25 look, above 0.25 fit again (Siddiqi, Credit Risk Scorecards, 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_FLOOR: Final = 1e-4  # an empty bin would make the index infinite
_BINS: Final = 10


def reference_bins(values: NDArray[np.float64]) -> tuple[list[float], list[float]]:
    """Decile edges of a feature at fitting and the share in each bin, the last bin being the nulls.

    >>> reference_bins(np.array([0.0, 0.0, 1.0, np.nan]))
    ([0.0], [0.5, 0.25, 0.25])
    """
    known = values[~np.isnan(values)]
    if known.size == 0:
        return [], [0.0, 1.0]
    edges = np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS, method="inverted_cdf"))
    edges = edges[edges < known.max()]
    return edges.tolist(), shares(values, edges.tolist()).tolist()


def shares(values: NDArray[np.float64], edges: Sequence[float]) -> NDArray[np.float64]:
    """Share of values per bin: (-inf, e0], (e0, e1], …, (last, inf), null."""
    missing = np.isnan(values)
    bins = np.where(missing, len(edges) + 1, np.searchsorted(np.asarray(edges), values, side="left"))
    out: NDArray[np.float64] = np.bincount(bins, minlength=len(edges) + 2) / max(values.size, 1)
    return out


def psi(expected: Sequence[float], actual: Sequence[float]) -> float:
    """Population stability index of two lists of shares: sum of (actual - expected) * ln(actual / expected).

    >>> round(psi([0.5, 0.5], [0.6, 0.4]), 4)
    0.0405
    """
    e, a = np.maximum(expected, _FLOOR), np.maximum(actual, _FLOOR)
    return float(np.sum((a - e) * np.log(a / e)))
