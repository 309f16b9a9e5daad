"""Out-of-time figures of a fit as the tables of `ml.schemas`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.evaluation import Estimate, calibration_table, lift_table
from ml.schemas import CHURN_CALIBRATION, CHURN_EVALUATION, CHURN_LIFT


def evaluation_rows(
    model_id: str,
    known_on: date,
    estimates: Mapping[tuple[str, str], Estimate],
    n_rows: int,
    n_positives: int,
) -> pa.Table:
    """`schemas.CHURN_EVALUATION`: one row per model (and their difference) and metric."""
    rows = [
        {
            "model_id": model_id,
            "as_of_on": known_on,
            "model": model,
            "metric": metric,
            "value": estimate.value,
            "ci_low": estimate.ci_low,
            "ci_high": estimate.ci_high,
            "n_rows": n_rows,
            "n_positives": n_positives,
        }
        for (model, metric), estimate in estimates.items()
    ]
    return pa.Table.from_pylist(rows, schema=CHURN_EVALUATION)


def calibration_rows(model_id: str, churned: NDArray[np.bool_], scores: Mapping[str, NDArray[np.float64]]) -> pa.Table:
    """`schemas.CHURN_CALIBRATION`: one row per model and bin."""
    tables = []
    for model, score in scores.items():
        bins = calibration_table(churned, score)
        n = len(bins.n_rows)
        columns = [
            [model_id] * n,
            [model] * n,
            np.arange(1, n + 1, dtype=np.int32),
            bins.predicted_mean,
            bins.observed_share,
            bins.ci_low,
            bins.ci_high,
            bins.n_rows,
        ]
        tables.append(pa.table(columns, schema=CHURN_CALIBRATION))
    return pa.concat_tables([CHURN_CALIBRATION.empty_table(), *tables])


def lift_rows(model_id: str, churned: NDArray[np.bool_], scores: Mapping[str, NDArray[np.float64]]) -> pa.Table:
    """`schemas.CHURN_LIFT`: one row per model and 5 % of customers."""
    tables = []
    for model, score in scores.items():
        curve = lift_table(churned, score)
        n = len(curve.lift)
        lift = pa.array(curve.lift, mask=np.isnan(curve.lift))
        columns = [[model_id] * n, [model] * n, curve.population_share, curve.gain_share, lift]
        tables.append(pa.table(columns, schema=CHURN_LIFT))
    return pa.concat_tables([CHURN_LIFT.empty_table(), *tables])
