"""The model card: what a value model was made from, how far off it was and how to know its file again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml.evaluation import RESAMPLES
from ml.value.fitting import Tried, ValueFit
from ml.value.intervals import INTERVAL_PCT
from ml.value.model import as_numbers


def build_card(fit: ValueFit, *, model_sha256: str, versions: Mapping[str, str]) -> dict[str, Any]:
    """A JSON-ready dict; equal fits give equal cards.

    model_sha256: hex digest of the skops bytes.  versions: library → version.
    """
    cutoffs = fit.cutoffs
    return {
        "model_id": fit.model_id,
        "purpose": f"Revenue of a customer in the {cutoffs.horizon_months} month(s) after the cut-off.",
        "methods": {"purchase": "BG/NBD and Gamma-Gamma", "contract": "life table and Buehlmann credibility"},
        "verdict": fit.verdict,
        "reason": fit.reason,
        "known_on": cutoffs.final.isoformat(),
        "cutoffs": {name: getattr(cutoffs, name).isoformat() for name in ("interval", "test", "final", "first_month")},
        "metrics": {basis: _metrics(one) for basis, one in fit.tried.items()},
        "correlation_of_purchases_and_spend": {basis: one.correlation for basis, one in fit.tried.items()},
        "intervals": f"metrics: 95 % percentile bootstrap over customers, {RESAMPLES} resamples; forecasts: "
        f"{INTERVAL_PCT:g} %, errors of the test by decile of the forecast",
        "calibration": fit.calibration.drop(["model_id"]).to_pylist(),
        "parameters": as_numbers(fit.model) if fit.model else {},
        **fit.settings,
        "fingerprint": fit.fingerprint,
        "versions": dict(sorted(versions.items())),
        "model_sha256": model_sha256,
    }


def _metrics(one: Tried) -> dict[str, dict[str, dict[str, float]]]:
    out: dict[str, dict[str, dict[str, float]]] = {}
    for (model, metric), estimate in (one.estimates or {}).items():
        out.setdefault(model, {})[metric] = {
            "value": estimate.value,
            "ci_low": estimate.ci_low,
            "ci_high": estimate.ci_high,
        }
    return out
