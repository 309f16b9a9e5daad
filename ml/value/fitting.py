"""Fit the value models, test them on months that they did not see, and say who may forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa

from ml.errors import InputError
from ml.value.backtest import Estimates, coverage, judge, measure
from ml.value.cutoffs import Cutoffs
from ml.value.histories import (
    CONTRACT,
    PURCHASE,
    Exposures,
    Floats,
    Histories,
    check,
    exposures_at,
    fingerprint,
    histories_at,
)
from ml.value.intervals import fit_bands
from ml.value.model import BasisModel, ValueModel, floor_of
from ml.value.predictors import MODEL, SCORERS, Predictor, fit_predictor
from ml.value.report import calibration_rows, evaluation_rows

Verdict = Literal["model", "baseline_wins", "not_trained"]
MIN_CUSTOMERS: Final = 100  # at each cut-off: fewer give deciles of less than ten and intervals of chance


@dataclass(frozen=True)
class Tried:
    """One basis: its model, or None and the reason; figures of the test."""

    reason: str
    model: BasisModel | None = None
    estimates: Estimates | None = None
    outcome: Floats | None = None
    forecasts: Mapping[str, Floats] | None = None
    correlation: float | None = None


@dataclass(frozen=True)
class ValueFit:
    """Outcome of a fit.

    verdict: `model` (in every basis that has customers the model forecasts), `baseline_wins` (in one at least a
    baseline does) or `not_trained` (there is no forecast at all: keep the last good model and mark it stale).
    """

    verdict: Verdict
    reason: str
    model_id: str
    fingerprint: str
    model: ValueModel | None
    tried: Mapping[str, Tried]
    cutoffs: Cutoffs
    settings: Mapping[str, Any]
    evaluation: pa.Table
    calibration: pa.Table


def mark(histories: pa.Table, exposures: pa.Table, *, cutoffs: Cutoffs, seed: int, max_rows: int) -> str:
    """Fingerprint of all that a fit depends on: equal exactly when a fit would give the same model."""
    return fingerprint(histories, exposures, f"{cutoffs}|{seed}|{max_rows}")


def fit(histories: pa.Table, exposures: pa.Table, *, cutoffs: Cutoffs, seed: int, max_rows: int) -> ValueFit:
    """Fit and test on `schemas.VALUE_HISTORIES` and `schemas.VALUE_EXPOSURES` of the three cut-offs.

    Three fits of each basis, each on what was known at its cut-off: the errors after the first make the intervals that
    are tested after the second; the errors after the second make the intervals around the forecasts of the third. The
    share of the structure is learned likewise: always from outcomes that were known.
    """
    check(histories, exposures)
    found = mark(histories, exposures, cutoffs=cutoffs, seed=seed, max_rows=max_rows)
    model_id = f"value_{found[:12]}"
    lacking = cutoffs.lacking()
    tried = (
        {}
        if lacking
        else {basis: _try(basis, (histories, exposures), cutoffs, seed, max_rows) for basis in (PURCHASE, CONTRACT)}
    )
    models = {basis: one.model for basis, one in tried.items() if one.model is not None}
    scorers = {model.scorer for model in models.values()}
    verdict: Verdict = "not_trained" if not models else "model" if scorers == {MODEL} else "baseline_wins"
    return ValueFit(
        verdict=verdict,
        reason=lacking or " ".join(f"{basis}: {one.reason}" for basis, one in tried.items()),
        model_id=model_id,
        fingerprint=found,
        model=ValueModel(cutoffs.horizon_months, models) if models else None,
        tried=tried,
        cutoffs=cutoffs,
        settings={"seed": seed, "max_rows": max_rows},
        evaluation=evaluation_rows(model_id, cutoffs.final, tried),
        calibration=calibration_rows(model_id, tried),
    )


def _try(basis: str, tables: tuple[pa.Table, pa.Table], cutoffs: Cutoffs, seed: int, max_rows: int) -> Tried:
    histories, exposures = tables
    rows = [histories_at(histories, day, basis) for day in cutoffs.days()]
    least = min(part.customer.size for part in rows)
    if least < MIN_CUSTOMERS:
        return Tried(f"not trained, because a cut-off has {least} customer(s); at least {MIN_CUSTOMERS} are needed.")
    risks = [exposures_at(exposures, day) for day in cutoffs.days()]
    months = cutoffs.horizon_months

    def fitted(part: Histories, risk: Exposures) -> Predictor:
        return fit_predictor(basis, part, risk, horizon_months=months, seed=seed, max_rows=max_rows)

    try:
        first, second, last = (fitted(part, risk) for part, risk in zip(rows, risks, strict=True))
    except InputError as error:
        return Tried(f"not trained, because of {error}")
    first = first.mixed(rows[0])
    before, test = first.predict(rows[0]), replace(second, share=first.share).predict(rows[1])
    bands = {name: fit_bands(before[name], rows[0].outcome) for name in SCORERS}
    estimates = measure(rows[1].outcome, test, seed=seed)
    scorer, reason = judge(estimates)
    estimates |= coverage(rows[1].outcome, test, bands, floor_of(basis))
    last = replace(last, share=second.mixed(rows[1]).share)
    model = BasisModel(last, scorer, fit_bands(test[scorer], rows[1].outcome))
    return Tried(reason, model, estimates, rows[1].outcome, test, _correlation(rows[2]))


def _correlation(rows: Histories) -> float | None:
    """Of purchases and spend per purchase, which the spend model takes as independent; None where there are none."""
    used = (rows.repeats > 0) & (rows.spend > 0)
    if used.sum() < 2 or not rows.spend[used].std() or not rows.repeats[used].std():
        return None
    return float(np.corrcoef(rows.repeats[used], rows.spend[used])[0, 1])
