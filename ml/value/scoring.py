"""Forecast with a fitted model. Nothing is learned here."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from ml.value.histories import Floats, Histories, histories_at
from ml.value.intervals import INTERVAL_PCT
from ml.value.model import BasisModel, ValueModel, floor_of
from ml.value.predictors import MODEL, Parts
from ml.value_schemas import CUSTOMER_VALUE_FORECASTS


def score(model: ValueModel, histories: pa.Table, *, cutoff: date, as_of: date, model_id: str) -> pa.Table:
    """`schemas.CUSTOMER_VALUE_FORECASTS` of the customers at `cutoff`, ordered by customer.

    histories: `schemas.VALUE_HISTORIES`; customers of a basis without a model have no row.
    """
    tables = [
        _score(found, histories_at(histories, cutoff, basis), (as_of, cutoff), model_id)
        for basis, found in model.bases.items()
    ]
    return pa.concat_tables([CUSTOMER_VALUE_FORECASTS.empty_table(), *tables]).sort_by("customer_id")


def _score(found: BasisModel, rows: Histories, days: tuple[date, date], model_id: str) -> pa.Table:
    predictor, size = found.predictor, rows.customer.size
    forecast = predictor.predict(rows)[found.scorer]
    parts = predictor.explain(rows)[1] if found.scorer == MODEL else Parts()
    low, high = found.bands.around(forecast, floor=floor_of(predictor.basis))
    columns = {
        "customer_id": rows.customer,
        "as_of_on": pa.array([days[0]] * size, pa.date32()),
        "cutoff_on": pa.array([days[1]] * size, pa.date32()),
        "model_id": [model_id] * size,
        "basis": [predictor.basis] * size,
        "model": [found.scorer] * size,
        "horizon_months": np.full(size, predictor.horizon_months, dtype=np.int32),
        "revenue_forecast_amount": forecast,
        "revenue_low_amount": low,
        "revenue_high_amount": high,
        "interval_pct": np.full(size, INTERVAL_PCT),
        "expected_purchases": _column(parts.expected_purchases, size),
        "spend_per_purchase_amount": _column(parts.spend_per_purchase, size),
        "active_probability": _column(parts.active_probability, size),
        "expected_months": _column(parts.expected_months, size),
        "revenue_per_month_amount": _column(parts.revenue_per_month, size),
    }
    return pa.table(columns, schema=CUSTOMER_VALUE_FORECASTS)


def _column(values: Floats | None, size: int) -> pa.Array:
    return pa.nulls(size, pa.float64()) if values is None else pa.array(values)
