"""How good clusters are, measured in pairs of records against a known truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.identity.graph import Ints


@dataclass(frozen=True, slots=True)
class PairQuality:
    """Pairs of records that are rightly together, wrongly together and wrongly apart."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the pairs put together that belong together; 1 where no pair was put together."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of the pairs that belong together that were put together; 1 where there is none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else 1.0


def pair_quality(found: Ints, truth: Ints) -> PairQuality:
    """Compare two clusterings of the same records, pair by pair.

    >>> pair_quality(np.array([0, 0, 0, 3]), np.array([5, 5, 6, 6]))
    PairQuality(right=1, wrong=2, missed=1)
    """
    frame = pd.DataFrame({"found": found, "truth": truth})
    together = _pairs(frame.groupby(["found", "truth"]).size())
    return PairQuality(
        right=together,
        wrong=_pairs(frame.groupby("found").size()) - together,
        missed=_pairs(frame.groupby("truth").size()) - together,
    )


def _pairs(sizes: pd.Series[int]) -> int:
    counts = sizes.to_numpy(dtype=np.int64)
    return int((counts * (counts - 1) // 2).sum())


def wilson_interval(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Interval of a share that holds near 0 and 1 too (Wilson 1927); (0, 1) without trials.

    >>> low, high = wilson_interval(95, 100)
    >>> round(low, 3), round(high, 3)
    (0.888, 0.978)
    """
    if not trials:
        return 0.0, 1.0
    share = successes / trials
    middle = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # Rounding may take the ends of 0 and of all past 0 and 1.
    return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)
