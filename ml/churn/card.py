"""The model card: what a churn model was made from, how good it is and how to know its file again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ml.churn.fitting import ChurnFit
from ml.churn.recipe import Fitted
from ml.churn.training import Rows
from ml.evaluation import RESAMPLES
from ml.frames import day_date
from ml.schemas import CHURN_FEATURES


def build_card(fit: ChurnFit, *, model_sha256: str | None, versions: Mapping[str, str]) -> dict[str, Any]:
    """A JSON-ready dict; equal fits give equal cards.

    model_sha256: hex digest of the skops bytes, None when nothing was trained.  versions: library → version.
    """
    data = fit.data
    return {
        "model_id": fit.model_id,
        "purpose": f"Probability that an active customer makes no purchase within {data.horizon_days} days.",
        "verdict": fit.verdict,
        "reason": fit.reason,
        "known_on": data.known_on().isoformat(),
        "horizon_days": data.horizon_days,
        "features": [
            {"name": f.name, "unit": f.unit, "description": f.description, "null": f.null_meaning}
            for f in CHURN_FEATURES
        ],
        "training": _window(data.train, data.split.train),
        "test": _window(data.test, data.split.test),
        "final_fit": _window(data.final, sorted(set(data.final.cutoff.tolist()))),
        "metrics": _metrics(fit),
        "intervals": f"95 % percentile bootstrap over customers, {RESAMPLES} resamples",
        "calibration": fit.calibration.drop(["model_id"]).to_pylist(),
        "slices": fit.slices,
        "parameters": _parameters(fit),
        "seed": data.seed,
        "fingerprint": data.fingerprint,
        "versions": dict(sorted(versions.items())),
        "model_sha256": model_sha256,
    }


def _window(rows: Rows, cutoffs: Sequence[int]) -> dict[str, Any]:
    return {
        "cutoffs": [day_date(day).isoformat() for day in cutoffs],
        "n_rows": len(rows.churned),
        "n_customers": len(set(rows.customer.tolist())),
        "n_positives": int(rows.churned.sum()),
    }


def _metrics(fit: ChurnFit) -> dict[str, dict[str, dict[str, float]]]:
    out: dict[str, dict[str, dict[str, float]]] = {}
    for (model, metric), estimate in fit.estimates.items():
        interval = {"value": estimate.value, "ci_low": estimate.ci_low, "ci_high": estimate.ci_high}
        out.setdefault(model, {})[metric] = interval
    return out


def _parameters(fit: ChurnFit) -> dict[str, Any]:
    """The whole model in numbers: one bent line per feature, so that a score can be computed by hand."""
    if fit.model is None:
        return {}
    names = fit.model.features
    return {
        "scale": "arcsinh(value); log-odds relative to the mean training customer, linear between knots",
        "model": _numbers(fit.model.full, names),
        "recency_baseline": _numbers(fit.model.baseline, names[:1]),
    }


def _numbers(fitted: Fitted, names: Sequence[str]) -> dict[str, Any]:
    return {
        "base_log_odds": fitted.base(),
        "calibration": {"method": "platt", "slope": fitted.slope, "intercept": fitted.intercept},
        "shapes": {
            name: {"knots": shape.knots.tolist(), "log_odds": shape.values.tolist()}
            for name, shape in zip(names, fitted.shapes(), strict=True)
        },
    }
