"""The sentence about the model says no more than the intervals carry."""

from __future__ import annotations

import pytest

from dagster_project.publish.verdict import compare, verdict


def rows(metric, model, baseline, difference=None, width=0.01):
    made = [
        {"metric": metric, "model": name, "value": value, "ci_low": value - width, "ci_high": value + width}
        for name, value in (("model", model), ("recency_baseline", baseline))
    ]
    if difference:
        made.append(
            {"metric": metric, "model": "difference", "value": sum(difference) / 2}
            | dict(zip(("ci_low", "ci_high"), difference, strict=True))
        )
    return made


@pytest.mark.parametrize(
    ("evaluation", "sentence"),
    [
        (rows("auc", 0.9, 0.8), "The model wins: it ranks leavers better than recency alone on AUC. Chance is an unl"),
        (rows("auc", 0.8, 0.9), "The baseline wins: sorting customers by days since their last order ranks"),
        (rows("auc", 0.81, 0.8), "Neither wins: the model is ahead on AUC, by no more than chance can do."),
        (rows("auc", 0.8, 0.81), "Neither wins: recency alone is ahead on AUC, by no more than chance can do."),
        (rows("auc", 0.81, 0.8, (0.001, 0.02)), "The model wins: "),
        (rows("auc", 0.9, 0.8, (-0.1, 0.3)), "Neither wins: the model is ahead on AUC, by no more"),
        (rows("auc", 0.8, 0.8), "Neither wins: the model and recency alone rank leavers equally well."),
        (rows("auc", 0.9, 0.8) + rows("pr_auc", 0.3, 0.4), "Neither wins: the model is better on AUC, recency alone"),
        (rows("brier", 0.1, 0.2), "There is no comparison yet"),
        ([], "There is no comparison yet"),
        (rows("auc", 0.9, 0.8)[:1], "There is no comparison yet"),
    ],
)
def test_sentence_follows_the_intervals(evaluation, sentence):
    assert verdict(compare(evaluation)).startswith(sentence)


def test_names_the_measures_on_which_chance_is_enough():
    told = verdict(compare(rows("auc", 0.9, 0.8) + rows("pr_auc", 0.31, 0.3) + rows("lift_at_10pct", 4, 3.99)))
    assert told.endswith("On PR-AUC and Lift at 10 % the difference is within what chance can do (95 % interval).")


def test_less_is_better_for_errors():
    [brier] = compare(rows("brier", 0.10, 0.20))
    assert (brier.winner, brier.is_clear) == ("model", True)
