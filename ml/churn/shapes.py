"""The preprocessing of the churn model: each feature becomes a bent line on a logarithmic scale.

Counts, money and days are long-tailed, and their effect on churn bends: the step from 0 to 5 days of absence is
not the step from 50 to 55. A log-like scale and a few hinges per feature let a logistic regression follow that,
and keep each feature's part in a score exact and additive, so that reasons need no approximation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

_BENDS: Final = (0.25, 0.5, 0.75)  # quantiles at which a line may bend


class LogHinges(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Fill nulls, take arcsinh (a logarithm that accepts 0 and returns), cut to the training range, add hinges.

    fill: one value per column, in the column's unit, for nulls.
    knots_ (after fit): per column the lowest value, the bends and the highest value seen, on the arcsinh scale.
    centre_ (after fit): per column the mean on that scale: the mean customer, against whom reasons are told.
    Output: per column the value itself, then max(0, value - bend) per bend. A constant column gives one column of
    equal values, which the regression cannot use.
    """

    def __init__(self, fill: Sequence[float]) -> None:
        self.fill = fill

    def fit(self, rows: NDArray[np.float64], outcome: Any = None) -> Self:  # noqa: ARG002  # scikit-learn passes it
        """Learn range and bends of each column. `outcome` is not used."""
        stretched = self.stretch(rows)
        self.centre_ = stretched.mean(axis=0)
        self.knots_ = [_knots(stretched[:, column]) for column in range(stretched.shape[1])]
        return self

    def transform(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows by `widths()` output columns."""
        stretched = self.stretch(rows)
        return np.hstack([basis(stretched[:, i], knots) for i, knots in enumerate(self.knots_)])

    def stretch(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Nulls filled, on the arcsinh scale, columns as given."""
        filled = np.where(np.isnan(rows), np.asarray(self.fill, dtype=np.float64), rows)
        out: NDArray[np.float64] = np.arcsinh(filled)
        return out

    def widths(self) -> list[int]:
        """How many output columns each input column gives."""
        return [max(1, len(knots) - 1) for knots in self.knots_]


def basis(values: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """The line and its hinges at `values` (arcsinh scale); constant outside the first and last knot.

    >>> basis(np.array([0.0, 2.0, 9.0]), np.array([0.0, 1.0, 3.0]))
    array([[0., 0.],
           [2., 1.],
           [3., 2.]])
    """
    line = np.clip(values, knots[0], knots[-1])
    return np.column_stack([line, *(np.maximum(0.0, line - bend) for bend in knots[1:-1])])


def _knots(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = values.min(), values.max()
    bends = np.quantile(values, _BENDS, method="inverted_cdf")
    knots: NDArray[np.float64] = np.unique(np.concatenate([[low], bends, [high]]))
    return knots
