"""Metrics against published and hand-computed numbers, and against scikit-learn where it has the same one."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from ml.evaluation import Ranking, bootstrap, calibration_table, lift_table, psi, reference_bins
from ml.evaluation.curves import wilson
from ml.evaluation.drift import shares

ONES = np.ones(4)


def test_textbook_example_of_scikit_learn() -> None:
    ranking = Ranking(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    assert ranking.auc(ONES) == pytest.approx(0.75)
    assert ranking.pr_auc(ONES) == pytest.approx(0.8333333)
    assert Ranking(np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.8, 0.3])).brier(ONES) == pytest.approx(0.0375)


@pytest.mark.parametrize("weighted", [False, True])
def test_equals_scikit_learn_with_ties_and_weights(weighted: bool) -> None:
    rng = np.random.default_rng(5)
    score = rng.integers(0, 20, 400) / 20
    outcome = rng.random(400) < score
    weight = rng.integers(0, 4, 400).astype(float) if weighted else np.ones(400)
    ranking = Ranking(outcome, score)
    assert ranking.auc(weight) == pytest.approx(roc_auc_score(outcome, score, sample_weight=weight))
    assert ranking.pr_auc(weight) == pytest.approx(average_precision_score(outcome, score, sample_weight=weight))
    assert ranking.brier(weight) == pytest.approx(brier_score_loss(outcome, score, sample_weight=weight))


def test_a_weight_of_two_is_a_row_twice() -> None:
    outcome, score = np.array([0, 1, 0, 1, 1]), np.array([0.1, 0.3, 0.3, 0.6, 0.9])
    twice = Ranking(np.append(outcome, outcome[2]), np.append(score, score[2]))
    once = Ranking(outcome, score)
    weight = np.array([1.0, 1, 2, 1, 1])
    assert once.auc(weight) == pytest.approx(twice.auc(np.ones(6)))
    assert once.lift_at_10pct(weight) == pytest.approx(twice.lift_at_10pct(np.ones(6)))


def test_calibration_error_by_hand() -> None:
    # Two groups of ten: predicted 0.2 with 4 events, predicted 0.8 with 8 events: (|0.2 - 0.4| + 0) / 2.
    score = np.repeat([0.2, 0.8], 10)
    outcome = np.concatenate([np.arange(10) < 4, np.arange(10) < 8])
    assert Ranking(outcome, score).calibration_error(np.ones(20)) == pytest.approx(0.1)


def test_lift_shares_ties_out() -> None:
    # 20 rows with one score hold 5 events: any tenth of them holds a tenth of the events, lift 1.
    flat = lift_table(np.arange(20) < 5, np.full(20, 0.3))
    assert flat.lift[1:] == pytest.approx(1.0)
    # The two highest of 20 are the only events: everything is found in the first tenth.
    best = lift_table(np.arange(20) < 2, np.linspace(0.9, 0.1, 20))
    assert best.gain_share[2] == pytest.approx(1.0)
    assert best.lift[2] == pytest.approx(10.0)
    assert np.isnan(best.lift[0])


def test_wilson_interval_of_newcombe_1998() -> None:
    low, high = wilson(np.array([81 / 263, 0.0]), np.array([263, 20]))
    assert low == pytest.approx([0.2553, 0.0], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1611], abs=5e-5)


def test_calibration_bins_hold_every_row_and_keep_ties_together() -> None:
    rng = np.random.default_rng(2)
    score = np.concatenate([np.full(300, 0.05), rng.uniform(0.06, 1, 700)])
    table = calibration_table(rng.random(1000) < score, score)
    assert table.n_rows.sum() == 1000
    assert table.n_rows[0] == 300
    assert (np.diff(table.predicted_mean) > 0).all()


def test_psi_by_hand() -> None:
    assert psi([0.5, 0.5], [0.6, 0.4]) == pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8))
    assert psi([0.2, 0.8], [0.2, 0.8]) == 0
    assert np.isfinite(psi([1.0, 0.0], [0.5, 0.5]))


def test_psi_sees_a_shift_and_new_nulls() -> None:
    values = np.arange(1000.0)
    edges, expected = reference_bins(values)
    assert psi(expected, shares(values[::2], edges).tolist()) < 0.001
    assert psi(expected, shares(values + 400, edges).tolist()) > 0.25
    assert psi(expected, shares(np.where(values < 200, np.nan, values), edges).tolist()) > 0.25


def test_bootstrap_is_repeatable_and_pairs_the_models() -> None:
    rng = np.random.default_rng(0)
    score = rng.random(300)
    outcome = rng.random(300) < score
    clusters = np.arange(300) // 2
    first = bootstrap(outcome, {"a": score, "b": score}, clusters, seed=4, resamples=50)
    assert first == bootstrap(outcome, {"a": score, "b": score}, clusters, seed=4, resamples=50)
    same = first["difference", "auc"]
    assert (same.value, same.ci_low, same.ci_high) == (0, 0, 0)
    assert first["a", "auc"].ci_low < first["a", "auc"].value < first["a", "auc"].ci_high


def test_repeating_a_customer_does_not_narrow_the_interval() -> None:
    rng = np.random.default_rng(0)
    score = rng.random(200)
    outcome = rng.random(200) < score
    once = bootstrap(outcome, {"m": score}, np.arange(200), seed=4)["m", "auc"]
    nine = bootstrap(np.tile(outcome, 9), {"m": np.tile(score, 9)}, np.tile(np.arange(200), 9), seed=4)["m", "auc"]
    rows = bootstrap(np.tile(outcome, 9), {"m": np.tile(score, 9)}, np.arange(1800), seed=4)["m", "auc"]
    assert nine.ci_high - nine.ci_low == pytest.approx(once.ci_high - once.ci_low)
    assert rows.ci_high - rows.ci_low < 0.5 * (once.ci_high - once.ci_low)
