"""Whether the churn model beats the recency-only baseline, said in words that the numbers carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Winner = Literal["model", "baseline", "neither"]

_MODEL: Final = "model"
_BASELINE: Final = "recency_baseline"
# Model minus baseline on the same resamples: a sharper answer than two separate intervals.
_DIFFERENCE: Final = "difference"


@dataclass(frozen=True, slots=True)
class Measure:
    """How a metric is called and read; `digits` after the point."""

    label: str
    meaning: str
    more_is_better: bool
    digits: int


_MEASURES: Final[dict[str, Measure]] = {
    "auc": Measure("AUC", "chance that a leaver is ranked above a stayer; 0.5 is guessing", True, 3),
    "pr_auc": Measure("PR-AUC", "average precision over the ranking; guessing gives the share of leavers", True, 3),
    "lift_at_10pct": Measure("Lift at 10 %", "leavers among the riskiest tenth, against a random tenth", True, 2),
    "brier": Measure("Brier score", "mean squared error of the probability", False, 4),
    "calibration_error": Measure("Calibration error", "mean gap between predicted and observed share", False, 4),
}
# The list is worked from its top, so ranking decides; calibration only scales the value at risk.
_DECISIVE: Final = ("auc", "pr_auc", "lift_at_10pct")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric, model against baseline.

    `is_clear` says that chance is an unlikely reason for the difference. It is judged by the interval of the
    paired difference where there is one, else by whether the two intervals overlap.
    """

    metric: str
    measure: Measure
    model: Estimate
    baseline: Estimate
    winner: Winner
    is_clear: bool


def compare(evaluation: list[dict[str, Any]]) -> list[Comparison]:
    """Metrics for which both the model and the baseline have a value, in reading order.

    Args:
        evaluation: Rows of `ml.churn_evaluation`: model, metric, value, ci_low, ci_high.
    """
    estimates = {
        (row["metric"], row["model"]): Estimate(row["value"], row["ci_low"], row["ci_high"])
        for row in evaluation
        if row["value"] is not None
    }
    return [
        _compare(
            metric,
            measure,
            estimates[metric, _MODEL],
            estimates[metric, _BASELINE],
            estimates.get((metric, _DIFFERENCE)),
        )
        for metric, measure in _MEASURES.items()
        if (metric, _MODEL) in estimates and (metric, _BASELINE) in estimates
    ]


def verdict(comparisons: list[Comparison]) -> str:
    """Who wins, and how sure that is, in two sentences.

    >>> model = {"model": "model", "metric": "auc", "value": 0.9, "ci_low": 0.88, "ci_high": 0.92}
    >>> baseline = model | {"model": "recency_baseline", "value": 0.8, "ci_low": 0.78, "ci_high": 0.82}
    >>> verdict(compare([model, baseline])).partition(". ")[0]
    'The model wins: it ranks leavers better than recency alone on AUC'
    """
    decisive = [comparison for comparison in comparisons if comparison.metric in _DECISIVE]
    if not decisive:
        return "There is no comparison yet: no model was evaluated out of time."
    model = [c for c in decisive if c.winner == "model"]
    baseline = [c for c in decisive if c.winner == "baseline"]
    if model and baseline:
        first = f"Neither wins: the model is better on {_listed(model)}, recency alone on {_listed(baseline)}."
    elif not model and not baseline:
        first = "Neither wins: the model and recency alone rank leavers equally well."
    elif not any(c.is_clear for c in decisive):
        ahead = "the model" if model else "recency alone"
        return f"Neither wins: {ahead} is ahead on {_listed(model or baseline)}, by no more than chance can do."
    elif model:
        first = f"The model wins: it ranks leavers better than recency alone on {_listed(model)}."
    else:
        first = (
            "The baseline wins: sorting customers by days since their last order ranks leavers better than the "
            f"model on {_listed(baseline)}."
        )
    unclear = [c for c in decisive if not c.is_clear]
    if not unclear:
        return f"{first} Chance is an unlikely reason: no 95 % interval reaches a tie."
    return f"{first} On {_listed(unclear)} the difference is within what chance can do (95 % interval)."


def _compare(
    metric: str, measure: Measure, model: Estimate, baseline: Estimate, difference: Estimate | None
) -> Comparison:
    ahead = model.value - baseline.value if measure.more_is_better else baseline.value - model.value
    winner: Winner = "model" if ahead > 0 else "baseline" if ahead < 0 else "neither"
    if difference is None:
        is_clear = model.low > baseline.high or baseline.low > model.high
    else:
        is_clear = difference.low > 0 or difference.high < 0
    return Comparison(metric, measure, model, baseline, winner, is_clear)


def _listed(comparisons: list[Comparison]) -> str:
    """Their measures as a phrase: a, b and c."""
    names = [comparison.measure.label for comparison in comparisons]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
