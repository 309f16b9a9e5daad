"""How one churn model is fitted: shapes, scaling and a ridge logistic regression, then Platt calibration.

Chosen on three backtests of the retail data (train and test cut-offs without overlap of label windows) against
gradient boosted trees: AUC 0.886, 0.871, 0.863 against 0.873, 0.870, 0.867, average precision higher in all three, one
AUC difference outside its paired interval, in favour of this recipe. With its calibration it fits in half
the time of the trees alone, and its reasons are exact. Platt, not isotonic: isotonic needs about 1,000
events (Niculescu-Mizil and Caruana 2005) and makes ties, which would leave the ranking of a list to chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from ml.churn.shapes import LogHinges, basis
from ml.sampling import key_hash

_C: Final = 0.01  # ridge strength; 0.003 to 0.03 differ by less than 0.002 AUC in the backtests
_FOLDS: Final = 3  # folds of customers for calibration; more cost a fit each and change the slope by < 0.02
_TOLERANCE: Final = 1e-6


@dataclass(frozen=True)
class Shape:
    """One feature's part of the log-odds: straight lines through (knots, values), constant outside.

    knots: arcsinh of the feature.  values: log-odds relative to the mean customer.
    """

    knots: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A fitted pipeline with its calibration: calibrated log-odds = intercept + slope * raw log-odds."""

    pipeline: Pipeline
    slope: float
    intercept: float

    def shapes(self) -> list[Shape]:
        """Each input column's calibrated part of the log-odds; exact, since the model is additive."""
        hinges = self.pipeline["shapes"]
        weight = self.pipeline["regression"].coef_[0] / self.pipeline["scale"].scale_ * self.slope
        shapes, start = [], 0
        for knots, centre, width in zip(hinges.knots_, hinges.centre_, hinges.widths(), strict=True):
            risen = basis(knots, knots) - basis(np.array([centre]), knots)
            shapes.append(Shape(knots, (risen * weight[start : start + width]).sum(axis=1)))
            start += width
        return shapes

    def base(self) -> float:
        """Calibrated log-odds of the mean customer (the mean of each input on the arcsinh scale)."""
        hinges, scale = self.pipeline["shapes"], self.pipeline["scale"]
        pairs = zip(hinges.centre_, hinges.knots_, strict=True)
        mean = np.hstack([basis(np.array([centre]), knots)[0] for centre, knots in pairs])
        parts = (mean - scale.mean_) / scale.scale_ * self.pipeline["regression"].coef_[0]
        raw = float(parts.sum()) + float(self.pipeline["regression"].intercept_[0])
        return self.intercept + self.slope * raw

    def contributions(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows by columns: each column's part of the log-odds, relative to the mean customer."""
        stretched = self.pipeline["shapes"].stretch(rows)
        out = np.empty(rows.shape, dtype=np.float64, order="F")
        for column, shape in enumerate(self.shapes()):
            out[:, column] = np.interp(stretched[:, column], shape.knots, shape.values)
        return out

    def probability(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated probability per row."""
        return to_probability(self.contributions(rows), self.base())


def fit_recipe(
    rows: NDArray[np.float64],
    outcome: NDArray[np.bool_],
    clusters: NDArray[np.int64],
    *,
    fill: Sequence[float],
    seed: int,
) -> Fitted:
    """Fit on all rows; calibrate on predictions for customers that the predicting fit has not seen.

    rows: rows by features, null as NaN.  outcome: event or not.  clusters: customer per row, kept in one fold.
    fill: value per feature that stands for null.  One thread, so that sums are added in one order everywhere.
    """
    pipeline = Pipeline(
        [
            ("shapes", LogHinges(list(fill))),
            ("scale", StandardScaler()),
            ("regression", _regression()),
        ]
    )
    with threadpool_limits(limits=1):
        scaled = pipeline[:-1].fit_transform(rows)
        pipeline["regression"].fit(scaled, outcome)
        fold = (key_hash(clusters, seed=seed) % np.uint64(_FOLDS)).astype(np.int64)
        raw = np.empty(len(rows), dtype=np.float64)
        for held_out in range(_FOLDS):
            away = fold == held_out
            if not away.any() or outcome[~away].all() or not outcome[~away].any():
                raw[away] = pipeline["regression"].decision_function(scaled[away])
                continue
            raw[away] = _regression().fit(scaled[~away], outcome[~away]).decision_function(scaled[away])
        slope, intercept = platt(raw, outcome)
    return Fitted(pipeline, slope, intercept)


def platt(raw: NDArray[np.float64], outcome: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and intercept that turn raw log-odds into calibrated ones (Platt 1999).

    A slope at or below 0 would turn the ranking round: then the raw log-odds rank no better than chance and
    the calibrated probability is the share of events for all.
    """
    fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=_TOLERANCE).fit(raw[:, None], outcome)
    slope, intercept = float(fit.coef_[0, 0]), float(fit.intercept_[0])
    if slope <= 0:
        share = float(outcome.mean())
        return 0.0, float(np.log(share / (1 - share)))
    return slope, intercept


def to_probability(contributions: NDArray[np.float64], base: float) -> NDArray[np.float64]:
    """Probability from additive log-odds.

    >>> float(to_probability(np.zeros((1, 2)), 0.0)[0])
    0.5
    """
    # Column by column, not by a matrix product: a row's sum must not depend on the rows around it.
    odds = np.full(len(contributions), base)
    for column in range(contributions.shape[1]):
        odds += contributions[:, column]
    out: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-odds))
    return out


def _regression() -> LogisticRegression:
    return LogisticRegression(C=_C, solver="newton-cholesky", tol=_TOLERANCE, max_iter=100)
