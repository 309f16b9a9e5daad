"""Figures of a back-test as the tables of `ml.schemas`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ml.value.backtest import calibration
from ml.value_schemas import VALUE_CALIBRATION, VALUE_EVALUATION

if TYPE_CHECKING:
    from ml.value.fitting import Tried


def evaluation_rows(model_id: str, known_on: date, tried: Mapping[str, Tried]) -> pa.Table:
    """`schemas.VALUE_EVALUATION`: one row per basis, model (and difference) and metric."""
    rows = [
        {
            "model_id": model_id,
            "as_of_on": known_on,
            "basis": basis,
            "model": model,
            "metric": metric,
            "value": estimate.value,
            "ci_low": estimate.ci_low,
            "ci_high": estimate.ci_high,
            "n_rows": one.outcome.size,
        }
        for basis, one in tried.items()
        if one.estimates is not None and one.outcome is not None
        for (model, metric), estimate in one.estimates.items()
    ]
    return pa.Table.from_pylist(rows, schema=VALUE_EVALUATION)


def calibration_rows(model_id: str, tried: Mapping[str, Tried]) -> pa.Table:
    """`schemas.VALUE_CALIBRATION`: one row per basis, model and bin."""
    tables = []
    for basis, one in tried.items():
        if one.forecasts is None or one.outcome is None:
            continue
        for model, forecast in one.forecasts.items():
            n, *means = calibration(one.outcome, forecast)
            size = n.size
            bins = np.arange(1, size + 1, dtype=np.int32)
            columns = [[model_id] * size, [basis] * size, [model] * size, bins, *means, n]
            tables.append(pa.table(columns, schema=VALUE_CALIBRATION))
    return pa.concat_tables([VALUE_CALIBRATION.empty_table(), *tables])
