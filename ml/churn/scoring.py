"""Scores, reasons and drift from a fitted model. Nothing here is ever refitted."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.churn.fitting import ChurnFit
from ml.churn.model import ChurnModel
from ml.churn.recipe import to_probability
from ml.errors import InputError
from ml.evaluation import psi
from ml.evaluation.drift import shares
from ml.frames import integers, matrix, require, snapshot
from ml.schemas import BASELINE_FEATURES, CHURN_SCORES

_REASONS: Final = 3
_LEAST: Final = 0.1  # log-odds; a factor that moves the odds by less than a tenth is not worth telling
_DECILES: Final = 10
_RECENCY: Final = BASELINE_FEATURES[0].name


def score(model: ChurnModel | ChurnFit, features: pa.Table, as_of: date, model_id: str) -> pa.Table:
    """Probability, decile and reasons per customer, by `schemas.CHURN_SCORES`, ordered by customer_id.

    features: the snapshot at `as_of` of the customers to score: those that the labels call active. A customer
    without an order in the last weeks has already left by the model's own definition.
    Reasons are the features whose part of the log-odds lies furthest above the mean customer's; `high` or `low` is
    the customer's side of that mean. A feature that lowers the risk, or hardly raises it, is never given. Where the
    baseline won, recency is the only reason.
    Raises `InputError` for a missing column, a row of another day, or a customer that appears twice.
    """
    used = _model(model)
    rows = snapshot(features, as_of, used.features)
    values = matrix(rows, used.features)
    recency = values[:, [used.features.index(_RECENCY)]]
    baseline_parts = used.baseline.contributions(recency)
    baseline = to_probability(baseline_parts, used.baseline.base())
    wins = used.verdict == "model"
    parts = used.full.contributions(values) if wins else baseline_parts
    probability = to_probability(parts, used.full.base()) if wins else baseline
    customer = integers(rows, "customer_id")
    n = rows.num_rows
    columns: dict[str, pa.Array] = {
        "customer_id": pa.array(customer),
        "as_of_on": pa.array([as_of], pa.date32()).take(pa.array(np.zeros(n, dtype=np.int64))),
        "model_id": pa.array([model_id]).take(pa.array(np.zeros(n, dtype=np.int64))),
        "churn_probability": pa.array(probability),
        "baseline_probability": pa.array(baseline),
        "risk_decile": pa.array(deciles(probability, customer)),
        **_reasons(used, parts, values if wins else recency),
    }
    return pa.table([columns[name] for name in CHURN_SCORES.names], schema=CHURN_SCORES)


def deciles(probability: NDArray[np.float64], customer: NDArray[np.int64]) -> NDArray[np.int32]:
    """Equal tenths by falling probability, ties by customer id: 1 = highest risk.

    >>> deciles(np.array([0.1, 0.9]), np.array([7, 8])).tolist()
    [6, 1]
    """
    order = np.lexsort((customer, -probability))
    out = np.empty(len(order), dtype=np.int32)
    out[order] = np.arange(len(order)) * _DECILES // max(len(order), 1) + 1
    return out


def drift(model: ChurnModel | ChurnFit, features: pa.Table) -> dict[str, float]:
    """Population stability index per input feature, training rows against `features` (the rows to score)."""
    used = _model(model)
    require(features, used.features, "customer features")
    values = matrix(features, used.features)
    return {
        name: psi(used.reference[name][1], shares(values[:, column], used.reference[name][0]).tolist())
        for column, name in enumerate(used.features)
    }


def _model(model: ChurnModel | ChurnFit) -> ChurnModel:
    if isinstance(model, ChurnModel):
        return model
    if model.model is None:
        raise InputError(f"There is no churn model to score with: not trained: {model.reason}")
    return model.model


def _reasons(model: ChurnModel, parts: NDArray[np.float64], values: NDArray[np.float64]) -> dict[str, pa.Array]:
    """Codes and contributions of the strongest risk-raising features; null where fewer than three raise it."""
    names = model.features if parts.shape[1] == len(model.features) else (_RECENCY,)
    codes = pa.array([f"{name}_{side}" for name in names for side in ("high", "low")])
    hinges = (model.full if len(names) > 1 else model.baseline).pipeline["shapes"]
    low = hinges.stretch(values) < hinges.centre_
    left = parts.copy()
    row = np.arange(len(parts))
    columns: dict[str, pa.Array] = {}
    for rank in range(1, _REASONS + 1):
        # The first of equals wins, so the order of the feature list settles ties.
        best = left.argmax(axis=1)
        amount = left[row, best]
        none = amount < _LEAST
        code = pa.array(best * 2 + low[row, best], mask=none)
        columns[f"reason_{rank}"] = codes.take(code)
        columns[f"reason_{rank}_contribution"] = pa.array(amount, mask=none)
        left[row, best] = -np.inf
    return columns
