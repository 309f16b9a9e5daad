"""Value forecasts as a whole: tested on unseen months, refused where nothing is gained, the same every time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from ml import value
from ml.errors import InputError, ModelFileError
from ml.value.histories import CONTRACT, PURCHASE, histories_at
from ml.value.intervals import INTERVAL_PCT, fit_bands
from ml.value_schemas import (
    CUSTOMER_VALUE_FORECASTS,
    VALUE_CALIBRATION,
    VALUE_EVALUATION,
    VALUE_EXPOSURES,
    VALUE_HISTORIES,
)

CUTOFFS = value.Cutoffs(date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31), date(2025, 1, 1), 3)
NO_CONTRACT = VALUE_EXPOSURES.empty_table()
LEARN = {"cutoffs": CUTOFFS, "seed": 7, "max_rows": 200_000}


def shoppers(size: int = 400, *, seed: int = 3, is_chance: bool = False) -> pa.Table:
    """Histories of made-up shoppers with a steady rate and spend of their own; with `is_chance` nobody has a habit."""
    rng = np.random.default_rng(seed)
    start = date(2025, 1, 1)
    rate = np.full(size, 0.05) if is_chance else rng.gamma(1.5, 0.05, size)
    spend = np.full(size, 20.0) if is_chance else rng.gamma(4.0, 5.0, size)
    bought = rng.random((size, 365)) < rate[:, None]
    bought[:, 0] = True
    amount = np.where(bought, rng.gamma(4.0, spend[:, None] / 4, (size, 365)), 0.0).round(2)
    rows = []
    for cutoff in CUTOFFS.days():
        last = (cutoff - start).days
        for customer in range(size):
            days = np.flatnonzero(bought[customer, : last + 1])
            ahead = amount[customer, last + 1 : last + 93].sum() if cutoff < CUTOFFS.final else None
            rows.append(
                {
                    "customer_id": customer + 1, "basis": PURCHASE, "order_days": len(days),
                    "repeat_amount": amount[customer, days[1:]].sum(), "tenure_months": cutoff.month - 1,
                    "last_period_amount": amount[customer, last - 91 : last + 1].sum(), "outcome_amount": ahead,
                    "cutoff_on": cutoff, "first_on": start, "last_on": start + timedelta(days=int(days[-1])),
                }
            )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=VALUE_HISTORIES)


def lines(size: int = 400, *, seed: int = 3) -> tuple[pa.Table, pa.Table]:
    """Histories and exposures of made-up contracts: a bill of one's own, a device now and then, 3 % leave a month."""
    rng = np.random.default_rng(seed)
    bill = rng.gamma(4.0, 20.0, size)
    left = rng.geometric(0.03, size)  # month in which the contract ends, from 1
    billed = np.where(np.arange(1, 13) < left[:, None], (bill[:, None] + rng.normal(0, 5, (size, 12))).round(2), 0.0)
    sold = np.where((billed > 0) & (rng.random((size, 12)) < 0.03), 500.0, 0.0)
    rows, risks = [], []
    for cutoff in CUTOFFS.days():
        month = cutoff.month
        for customer in np.flatnonzero(left > month):
            recent = slice(max(month - 6, 1), month)
            ahead = slice(month, month + 3)
            revenue = billed[customer] + sold[customer]
            rows.append(
                {
                    "customer_id": int(customer) + 1, "basis": CONTRACT, "tenure_months": month - 1,
                    "month_count": month - recent.start, "billed_amount": billed[customer, recent].sum(),
                    "billed_squares": (billed[customer, recent] ** 2).sum(),
                    "sold_amount": sold[customer, recent].sum(), "last_period_amount": revenue[month - 3 : month].sum(),
                    "outcome_amount": revenue[ahead].sum() if cutoff < CUTOFFS.final else None,
                    "cutoff_on": cutoff, "first_on": date(2025, 1, 1), "last_on": date(2025, 1, 1),
                }
            )  # fmt: skip
        for tenure in range(1, month):
            at_risk, ended = int((left > tenure).sum()), int((left == tenure + 1).sum())
            risks.append({"tenure_months": tenure, "at_risk": at_risk, "ended": ended, "cutoff_on": cutoff})
    return pa.Table.from_pylist(rows, schema=VALUE_HISTORIES), pa.Table.from_pylist(risks, schema=VALUE_EXPOSURES)


@pytest.fixture(scope="module")
def fitted() -> value.ValueFit:
    return value.fit(shoppers(), NO_CONTRACT, **LEARN)


def figure(fit: value.ValueFit, model: str, metric: str) -> dict:
    (row,) = (row for row in fit.evaluation.to_pylist() if (row["model"], row["metric"]) == (model, metric))
    return row


def test_shoppers_with_habits_are_forecast_better_than_by_either_baseline(fitted: value.ValueFit) -> None:
    assert (fitted.verdict, list(fitted.model.bases)) == ("model", [PURCHASE])
    for difference in ("difference_to_mean", "difference_to_last_period"):
        assert figure(fitted, difference, "rmse")["ci_high"] < 0
    assert figure(fitted, "model", "rmse")["n_rows"] == 400
    assert fitted.evaluation.schema == VALUE_EVALUATION
    assert fitted.calibration.schema == VALUE_CALIBRATION


def test_contracts_are_forecast_better_than_by_either_baseline() -> None:
    fit = value.fit(*lines(), **LEARN)
    assert (fit.verdict, list(fit.model.bases)) == ("model", [CONTRACT])
    contracts = fit.model.bases[CONTRACT].predictor.contracts
    assert contracts.sales == pytest.approx(15, rel=0.4)
    assert np.mean(contracts.loss[1:]) == pytest.approx(0.03, rel=0.3)


def test_where_nobody_has_a_habit_the_mean_forecasts_and_the_reason_says_so() -> None:
    fit = value.fit(shoppers(is_chance=True), NO_CONTRACT, **LEARN)
    assert fit.verdict == "baseline_wins"
    assert "not better than its baselines, so the mean_baseline forecasts" in fit.reason
    rows = value.score(fit.model, shoppers(is_chance=True), cutoff=CUTOFFS.final, as_of=CUTOFFS.final, model_id="v")
    assert set(rows["model"].to_pylist()) == {"mean_baseline"}
    assert len(set(rows["revenue_forecast_amount"].to_pylist())) == 1
    assert rows["expected_purchases"].null_count == rows.num_rows


@pytest.mark.parametrize(
    ("table", "cutoffs", "reason"),
    [
        (shoppers(99), CUTOFFS, "purchase: not trained, because a cut-off has 99 customer"),
        (VALUE_HISTORIES.empty_table(), CUTOFFS, "a cut-off has 0 customer"),
        (shoppers(120), replace(CUTOFFS, first_month=date(2025, 5, 1)), "8 closed month"),
    ],
    ids=["few", "none", "young"],
)
def test_too_little_is_said_and_nothing_is_trained(table: pa.Table, cutoffs: value.Cutoffs, reason: str) -> None:
    fit = value.fit(table, NO_CONTRACT, cutoffs=cutoffs, seed=7, max_rows=1000)
    assert (fit.verdict, fit.model) == ("not_trained", None)
    assert reason in fit.reason
    assert (fit.evaluation.num_rows, fit.calibration.num_rows) == (0, 0)


def test_a_forecast_knows_nothing_of_what_came_after(fitted: value.ValueFit) -> None:
    """Other outcomes after the test cut-off change figures, never what is learned from histories."""
    table = shoppers()
    doubled = pa.array([None if v is None else 2 * v for v in table["outcome_amount"].to_pylist()], pa.float64())
    position = table.column_names.index("outcome_amount")
    other = value.fit(
        table.set_column(position, VALUE_HISTORIES.field("outcome_amount"), doubled), NO_CONTRACT, **LEARN
    )
    one, two = (fit.model.bases[PURCHASE].predictor for fit in (fitted, other))
    assert (one.purchases, one.spend, one.mean) == (two.purchases, two.spend, two.mean)
    assert figure(other, "structure", "bias")["value"] < figure(fitted, "structure", "bias")["value"]


def test_the_order_of_rows_does_not_count_and_every_value_does(fitted: value.ValueFit) -> None:
    table = shoppers()
    mixed = table.take(pa.array(np.random.default_rng(1).permutation(table.num_rows)))
    again = value.fit(mixed, NO_CONTRACT, **LEARN)
    assert (again.fingerprint, value.dump_model(again.model)) == (fitted.fingerprint, value.dump_model(fitted.model))
    assert value.mark(shoppers(seed=4), NO_CONTRACT, **LEARN) != fitted.fingerprint
    assert value.mark(table, NO_CONTRACT, **{**LEARN, "seed": 8}) != fitted.fingerprint


def test_a_model_and_its_forecasts_survive_the_file(fitted: value.ValueFit) -> None:
    content = value.dump_model(fitted.model)
    loaded = value.load_model(content, value.digest(content))
    day = CUTOFFS.final + timedelta(days=12)
    rows = value.score(loaded, shoppers(), cutoff=CUTOFFS.final, as_of=day, model_id=fitted.model_id)
    assert rows == value.score(fitted.model, shoppers(), cutoff=CUTOFFS.final, as_of=day, model_id=fitted.model_id)
    assert rows.schema == CUSTOMER_VALUE_FORECASTS
    assert rows["customer_id"].to_pylist() == list(range(1, 401))
    low, forecast, high = (rows[f"revenue_{name}_amount"].to_numpy() for name in ("low", "forecast", "high"))
    assert ((low >= 0) & (low <= forecast) & (forecast <= high)).all()
    with pytest.raises(ModelFileError):
        value.load_model(content, "0" * 64)


def test_a_forecast_is_the_share_of_its_parts_and_of_the_last_period(fitted: value.ValueFit) -> None:
    found = fitted.model.bases[PURCHASE]
    rows = value.score(fitted.model, shoppers(), cutoff=CUTOFFS.final, as_of=CUTOFFS.final, model_id="v")
    parts = rows["expected_purchases"].to_numpy() * rows["spend_per_purchase_amount"].to_numpy()
    last = histories_at(shoppers(), CUTOFFS.final, PURCHASE).last_period
    share = found.predictor.share
    assert 0 < share <= 1
    assert rows["revenue_forecast_amount"].to_numpy() == pytest.approx(share * parts + (1 - share) * last)


def test_intervals_hold_as_many_as_they_say_on_customers_they_have_not_seen() -> None:
    rng = np.random.default_rng(2)
    forecast = rng.gamma(2.0, 50.0, 20_000)
    outcome = forecast + rng.exponential(forecast) - forecast
    half = forecast.size // 2
    bands = fit_bands(forecast[:half], outcome[:half])
    low, high = bands.around(forecast[half:])
    held = ((outcome[half:] >= low) & (outcome[half:] <= high)).mean()
    assert held == pytest.approx(INTERVAL_PCT / 100, abs=0.015)
    assert ((low <= forecast[half:]) & (forecast[half:] <= high)).all()


def test_the_card_tells_how_a_forecast_comes_about(fitted: value.ValueFit) -> None:
    content = value.dump_model(fitted.model)
    card = value.build_card(fitted, model_sha256=value.digest(content), versions={"scipy": "1"})
    assert card["cutoffs"]["test"] == "2025-09-30"
    assert card["parameters"]["bases"][PURCHASE]["predictor"]["purchases"].keys() == {"r", "alpha", "a", "b"}
    assert card["metrics"][PURCHASE]["model"]["coverage"]["value"] == figure(fitted, "model", "coverage")["value"]


def test_a_customer_who_appears_twice_is_refused() -> None:
    table = shoppers(100)
    with pytest.raises(InputError, match="1 row"):
        value.fit(pa.concat_tables([table, table.slice(0, 1)]), NO_CONTRACT, **LEARN)
    with pytest.raises(InputError, match="missing column"):
        value.fit(table.drop(["outcome_amount"]), NO_CONTRACT, **LEARN)
