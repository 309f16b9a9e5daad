"""BG/NBD, Gamma-Gamma, life table and credibility: published figures, hand-computed ones, and planted parameters."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import hyp2f1

from ml.errors import InputError
from ml.value import purchases, spend
from ml.value.contracts import PRIOR_MONTHS, ContractModel, fit_credibility, fit_loss
from ml.value.purchases import PurchaseModel, fit_purchases
from ml.value.spend import SpendModel, fit_spend

#: Fader, Hardie and Lee (2005), table 2, and Fader and Hardie (2013), on 2,357 customers of the CD shop CDNOW; weeks.
PUBLISHED_PURCHASES = PurchaseModel(0.243, 4.414, 0.793, 2.426)
PUBLISHED_SPEND = SpendModel(6.25, 3.74, 15.44)


@pytest.fixture(scope="module")
def cdnow() -> dict[str, np.ndarray]:
    """x, t_x, T and mean spend of each customer, from the files that the package `lifetimes` holds."""
    found = importlib.util.find_spec("lifetimes")
    if found is None or found.origin is None:
        pytest.skip("lifetimes, whose package holds the CDNOW file, is not there")
    path = Path(found.origin).parent / "datasets" / "cdnow_customers_summary_with_transactions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in ("x", "t_x", "T", "zbar")}


def test_the_published_parameters_of_cdnow_are_found(cdnow: dict[str, np.ndarray]) -> None:
    found = fit_purchases(cdnow["x"], cdnow["t_x"], cdnow["T"])
    wanted = PUBLISHED_PURCHASES
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx(
        (wanted.r, wanted.alpha, wanted.a, wanted.b), abs=1e-3
    )
    money = fit_spend(cdnow["x"], cdnow["zbar"])
    assert (money.p, money.q, money.v) == pytest.approx(
        (PUBLISHED_SPEND.p, PUBLISHED_SPEND.q, PUBLISHED_SPEND.v), abs=0.02
    )


def test_the_published_customer_buys_1_226_times_in_39_weeks() -> None:
    bought = PUBLISHED_PURCHASES.expected(np.array([2.0]), np.array([30.43]), np.array([38.86]), 39)
    assert bought[0] == pytest.approx(1.226, abs=5e-4)


def test_expected_purchases_are_those_of_the_printed_formula() -> None:
    r, alpha, a, b = 0.5, 5.0, 1.7, 3.1
    x, t_x, age, weeks = np.array([0.0, 1.0, 7.0]), np.array([0.0, 4.0, 29.0]), np.array([30.0, 30.0, 30.0]), 13.0
    series = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + age + weeks))
    above = (a + b + x - 1) / (a - 1) * (1 - ((alpha + age) / (alpha + age + weeks)) ** (r + x) * series)
    below = 1 + (x > 0) * a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x)
    assert PurchaseModel(r, alpha, a, b).expected(x, t_x, age, weeks) == pytest.approx(above / below)


def test_a_customer_of_hundreds_of_purchases_is_forecast_without_overflow() -> None:
    model = PurchaseModel(1.4, 1.4, 0.2, 280.0)
    bought = model.expected(np.array([400.0]), np.array([51.9]), np.array([52.0]), 13)
    assert bought[0] == pytest.approx(400 / 52 * 13, rel=0.05)


def test_at_a_of_one_the_forecast_goes_on_smoothly() -> None:
    at = [PurchaseModel(0.5, 5.0, a, 3.0).expected(np.array([2.0]), np.array([9.0]), np.array([10.0]), 4)[0]
          for a in (0.999, 1.0, 1.001)]  # fmt: skip
    assert at[1] == pytest.approx((at[0] + at[2]) / 2, rel=1e-4)


def test_slopes_are_those_of_the_likelihoods() -> None:
    x, t_x, age = np.array([0.0, 2.0, 5.0]), np.array([0.0, 8.0, 3.0]), np.array([10.0, 9.0, 30.0])
    weight, logs = np.array([1.0, 3.0, 2.0]), np.log([0.7, 3.0, 0.9, 2.0])
    slope = approx_fprime(logs, lambda p: purchases._loss(p, x, t_x, age, weight)[0], 1e-7)
    assert purchases._loss(logs, x, t_x, age, weight)[1] == pytest.approx(slope, abs=1e-5)
    logs, mean = np.log([2.0, 3.0, 20.0]), np.array([12.0, 40.0])
    slope = approx_fprime(logs, lambda p: spend._loss(p, x[1:], mean)[0], 1e-7)
    assert spend._loss(logs, x[1:], mean)[1] == pytest.approx(slope, abs=1e-5)


def test_the_likelihood_of_one_customer_by_hand() -> None:
    # All parameters 1, bought again once at week 1, seen for 3 weeks. A1: gamma(2) / gamma(1) * 1 = 1.
    # A2: gamma(2) gamma(2) / (gamma(1) gamma(3)) = 1/2. A3: 4 ** -2 = 1/16. A4: 1/1 * 2 ** -2 = 1/4.
    one = np.array([1.0])
    loss, _ = purchases._loss(np.zeros(4), one, one, np.array([3.0]), one)
    assert np.exp(-loss) == pytest.approx(0.5 * (1 / 16 + 1 / 4))


def test_planted_parameters_are_found_again() -> None:
    rng = np.random.default_rng(5)
    planted, size, weeks = PurchaseModel(0.8, 6.0, 0.9, 3.0), 6000, 52.0
    rate = rng.gamma(planted.r, 1 / planted.alpha, size)
    leave = rng.beta(planted.a, planted.b, size)
    x, t_x = np.zeros(size), np.zeros(size)
    now, is_active = np.zeros(size), np.ones(size, dtype=bool)
    while is_active.any():
        now = now + rng.exponential(1 / rate)
        bought = is_active & (now < weeks)
        x[bought] += 1
        t_x[bought] = now[bought]
        is_active = bought & (rng.random(size) > leave)
    found = fit_purchases(x, t_x, np.full(size, weeks))
    assert (found.r, found.alpha) == pytest.approx((planted.r, planted.alpha), rel=0.12)
    assert found.a / (found.a + found.b) == pytest.approx(planted.a / (planted.a + planted.b), rel=0.15)


def test_planted_spend_is_found_again() -> None:
    """Only means are seen, so p and v hang together: alone they scatter, what they are used for does not."""
    rng, size, planted = np.random.default_rng(6), 6000, SpendModel(6.0, 4.0, 15.0)
    own = rng.gamma(planted.q, 1 / planted.v, size)
    x = rng.integers(1, 20, size).astype(np.float64)
    mean = rng.gamma(planted.p * x, 1 / own) / x
    found = fit_spend(x, mean)
    assert (found.p, found.q, found.v) == pytest.approx((planted.p, planted.q, planted.v), rel=0.25)
    assert np.abs(found.expected(x, mean) / planted.expected(x, mean) - 1).mean() < 0.02


def test_equal_histories_count_as_often_as_they_are_there() -> None:
    rng = np.random.default_rng(4)
    x = rng.integers(0, 9, 200).astype(np.float64)
    t_x = np.where(x > 0, rng.integers(1, 40, 200), 0).astype(np.float64)
    once = fit_purchases(x, t_x, np.full(200, 40.0))
    often = fit_purchases(np.repeat(x, 50), np.repeat(t_x, 50), np.full(10_000, 40.0))
    assert (often.r, often.alpha, often.a, often.b) == pytest.approx((once.r, once.alpha, once.a, once.b), rel=1e-3)


def test_spend_without_a_finite_mean_or_without_a_customer_is_refused() -> None:
    with pytest.raises(InputError, match="nobody bought"):
        fit_spend(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    rng = np.random.default_rng(1)
    own = rng.gamma(0.5, 1.0, 2000)
    with pytest.raises(InputError, match="no finite mean"):
        fit_spend(np.full(2000, 20.0), rng.gamma(40.0, 1 / own) / 20)


def test_a_month_of_tenure_seen_by_many_tells_its_own_loss_and_one_of_few_that_of_all() -> None:
    many = 1_000_000
    loss = fit_loss(np.array([1, 2]), np.array([many, 1]), np.array([many // 10, 1]))
    usual = (many / 10 + 1) / (many + 1)
    assert loss[1] == pytest.approx(0.1, abs=1e-4)
    assert loss[2] == pytest.approx((1 + PRIOR_MONTHS * usual) / (1 + PRIOR_MONTHS))
    with pytest.raises(InputError, match="no contract"):
        fit_loss(np.array([1]), np.array([0]), np.array([0]))


def test_expected_months_follow_the_loss_of_the_coming_months_of_tenure() -> None:
    model = ContractModel([0.0, 0.0, 0.5, 0.0], 1.0, 1.0, 1.0)
    # From tenure 1 the next month is the dangerous one: half leave in it, 3/4 of it is paid for, then halves stay.
    assert model.months(np.array([1, 2, 9]), 3).tolist() == [0.75 + 0.5 + 0.5, 3.0, 3.0]


def test_bills_that_vary_are_trusted_less() -> None:
    steady = ContractModel([0.0], 10.0, 1.0, 4.0, 2.0).monthly(np.array([4.0]), np.array([80.0]))
    wild = ContractModel([0.0], 10.0, 100.0, 4.0, 2.0).monthly(np.array([4.0]), np.array([80.0]))
    assert 10 + 2 < wild[0] < steady[0] < 20 + 2
    nothing_between = ContractModel([0.0], 10.0, 100.0, 0.0, 2.0).monthly(np.array([4.0]), np.array([80.0]))
    assert nothing_between.tolist() == [12.0]
    assert fit_credibility(np.array([1.0]), np.array([5.0]), np.array([25.0])) == (5.0, 0.0, 0.0)
    with pytest.raises(InputError, match="no customer"):
        fit_credibility(np.zeros(2), np.zeros(2), np.zeros(2))
