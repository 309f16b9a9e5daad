"""Fit a churn model, test it out of time beside its baseline, and say which of the two may score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.churn.model import ChurnModel, Verdict
from ml.churn.recipe import Fitted, fit_recipe
from ml.churn.report import calibration_rows, evaluation_rows, lift_rows
from ml.churn.training import Rows, TrainingData, prepare
from ml.evaluation import Estimate, Ranking, bootstrap, reference_bins
from ml.evaluation.bootstrap import DIFFERENCE
from ml.frames import day_date
from ml.schemas import BASELINE_FEATURES, CHURN_FEATURES

MIN_TRAIN_CHURNERS: Final = 50  # customers; about ten per effective parameter of the ridge fit, split in three folds
MIN_TEST_CHURNERS: Final = 25  # below this the interval of the AUC is wider than any gain over the baseline
MODEL: Final = "model"
BASELINE: Final = "recency_baseline"


@dataclass(frozen=True)
class ChurnFit:
    """Outcome of a fit.

    verdict: `model` (better than recency alone, proven), `baseline_wins` (not proven: the baseline scores) or
    `not_trained` (no model at all: keep the last good one and mark it stale).
    reason: one sentence for people, also when all is well.
    estimates, slices: out-of-time figures for the card.  The three tables follow `ml.schemas`.
    """

    verdict: Verdict
    reason: str
    model_id: str
    model: ChurnModel | None
    data: TrainingData
    estimates: Mapping[tuple[str, str], Estimate]
    slices: Mapping[str, Mapping[str, float]]
    evaluation: pa.Table
    calibration: pa.Table
    lift: pa.Table

    @property
    def fingerprint(self) -> str:
        """Equal to a stored one = the same fit; it can be skipped."""
        return self.data.fingerprint


def fit(features: pa.Table, labels: pa.Table, *, as_of: date, horizon_days: int, seed: int, max_rows: int) -> ChurnFit:
    """Fit and test a churn model on the snapshots whose outcome was known on `as_of`; see `prepare`."""
    return fit_prepared(prepare(features, labels, as_of=as_of, horizon_days=horizon_days, seed=seed, max_rows=max_rows))


def fit_prepared(data: TrainingData) -> ChurnFit:
    """Fit on the training cut-offs, test on the later ones, then fit the same recipe on all of them.

    The figures are those of the first fit; the second is what scores, since half of the outcomes, and the newest,
    are in the test cut-offs.
    """
    model_id = f"churn_{data.fingerprint[:12]}"
    lacking = _lacking(data)
    if lacking:
        return _not_trained(data, model_id, lacking)
    full, baseline = _fit_both(data.train, data.seed)
    test = data.test
    scores = {MODEL: full.probability(test.features), BASELINE: baseline.probability(_recency(test))}
    estimates = bootstrap(test.churned, scores, test.customer, seed=data.seed)
    verdict, reason = judge(estimates)
    final_full, final_baseline = _fit_both(data.final, data.seed)
    counts = (len(test.churned), int(test.churned.sum()))
    return ChurnFit(
        verdict=verdict,
        reason=reason,
        model_id=model_id,
        model=_model(verdict, data.final, final_full, final_baseline),
        data=data,
        estimates=estimates,
        slices=_slices(test, scores[MODEL]),
        evaluation=evaluation_rows(model_id, data.known_on(), estimates, *counts),
        calibration=calibration_rows(model_id, test.churned, scores),
        lift=lift_rows(model_id, test.churned, scores),
    )


def judge(estimates: Mapping[tuple[str, str], Estimate]) -> tuple[Verdict, str]:
    """The model scores only when it ranks better than recency alone, proven, and is no worse as a probability.

    Proven: the 95 % interval of the paired AUC difference lies above 0. When in doubt the simpler one scores.
    """
    gain, brier = estimates[DIFFERENCE, "auc"], estimates[DIFFERENCE, "brier"]
    shown = f"AUC {estimates[MODEL, 'auc'].value:.3f} against {estimates[BASELINE, 'auc'].value:.3f}"
    interval = f"difference {gain.value:+.3f}, 95 % interval {gain.ci_low:+.3f} to {gain.ci_high:+.3f}"
    if gain.ci_low > 0 and brier.value <= 0:
        return "model", f"The model ranks better than recency alone: {shown} ({interval})."
    return "baseline_wins", f"No proven gain over recency alone, so recency scores: {shown} ({interval})."


def _lacking(data: TrainingData) -> str:
    """What is missing for a fit, as a sentence; empty when nothing is."""
    if not data.split.train:
        span = (data.split.test[-1] - data.split.test[0]) if data.split.test else 0
        return (
            f"the {len(data.split.test)} labelled cut-off(s) span {span} days; a test without overlap needs "
            f"a training cut-off at least {data.horizon_days} days before the first test cut-off."
        )
    for name, rows, least in (("training", data.train, MIN_TRAIN_CHURNERS), ("test", data.test, MIN_TEST_CHURNERS)):
        if rows.churners() < least:
            return f"{rows.churners()} customer(s) churned in the {name} cut-offs; at least {least} are needed."
        if rows.churned.all():
            return f"every customer churned in the {name} cut-offs; there is nothing to tell apart."
    return ""


def _fit_both(rows: Rows, seed: int) -> tuple[Fitted, Fitted]:
    """The model and the recency-only baseline, by the same recipe."""
    fills = [feature.fill for feature in CHURN_FEATURES]
    full = fit_recipe(rows.features, rows.churned, rows.customer, fill=fills, seed=seed)
    recency_fill = [feature.fill for feature in BASELINE_FEATURES]
    return full, fit_recipe(_recency(rows), rows.churned, rows.customer, fill=recency_fill, seed=seed)


def _recency(rows: Rows) -> NDArray[np.float64]:
    return rows.features[:, : len(BASELINE_FEATURES)]


def _model(verdict: Verdict, rows: Rows, full: Fitted, baseline: Fitted) -> ChurnModel:
    names = tuple(feature.name for feature in CHURN_FEATURES)
    return ChurnModel(
        verdict="model" if verdict == "model" else "baseline_wins",
        features=names,
        full=full,
        baseline=baseline,
        reference={name: reference_bins(rows.features[:, i]) for i, name in enumerate(names)},
    )


def _slices(test: Rows, score: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """The model on each test cut-off alone: does it hold over time, or is one date its luck?"""
    out = {}
    for cutoff in np.unique(test.cutoff):
        at = test.cutoff == cutoff
        churned = test.churned[at]
        entry = {
            "n_rows": float(at.sum()),
            "observed_share": float(churned.mean()),
            "predicted_mean": float(score[at].mean()),
        }
        if churned.any() and not churned.all():
            entry["auc"] = Ranking(churned, score[at]).auc(np.ones(int(at.sum())))
        out[f"cutoff_on={day_date(int(cutoff))}"] = entry
    return out


def _not_trained(data: TrainingData, model_id: str, reason: str) -> ChurnFit:
    none = np.empty(0, dtype=bool)
    return ChurnFit(
        verdict="not_trained",
        reason=reason,
        model_id=model_id,
        model=None,
        data=data,
        estimates={},
        slices={},
        evaluation=evaluation_rows(model_id, data.known_on(), {}, 0, 0),
        calibration=calibration_rows(model_id, none, {}),
        lift=lift_rows(model_id, none, {}),
    )
