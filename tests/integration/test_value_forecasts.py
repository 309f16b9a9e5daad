"""Value forecasts, estimates and attribute groups of both packs, against the delivered rows."""

from __future__ import annotations

import json

import pytest

from dagster_project import launch
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.integration.conftest import published

Operator = tuple[Settings, launch.RunSummary]
#: The last closed month of the small retailer ends on 31 October, so the test is on August to October.
TESTED = """
    select count(*), sum(coming)::double from (
        select household_id, coalesce(sum(sales_value) filter (trading_date > date '2017-07-31'), 0) as coming
        from raw.pos__transactions where trading_date <= date '2017-10-31' group by all
        having min(trading_date) <= date '2017-07-31'
    )
"""


def test_the_test_is_on_what_was_delivered_after_the_cut_off(finished: Settings) -> None:
    with connect(finished, read_only=True) as con:
        [(customers, coming)] = con.execute(TESTED).fetchall()
    for tested, came in published(
        finished,
        "select sum(n_rows)::bigint, sum(observed_mean_amount * n_rows) from ml.value_calibration group by model",
    ):
        assert (tested, came) == (customers, pytest.approx(coming))
    assert published(finished, "select distinct n_rows from ml.value_evaluation") == [(customers,)]


def test_every_customer_who_bought_before_the_cut_off_has_a_forecast(finished: Settings) -> None:
    with connect(finished, read_only=True) as con:
        [(customers,)] = con.execute(
            "select count(distinct household_id) from raw.pos__transactions where trading_date <= date '2017-10-31'"
        ).fetchall()
    [(forecasts, outside, cutoffs)] = published(
        finished,
        """
        select count(*), count_if(not revenue_forecast_amount between revenue_low_amount and revenue_high_amount),
            max(cutoff_on)::varchar
        from ml.customer_value_forecasts
        """,
    )
    assert (forecasts, outside, cutoffs) == (customers, 0, "2017-10-31")


def test_the_card_names_the_one_who_forecasts(finished: Settings) -> None:
    [(model_id, scorer)] = published(finished, "select distinct model_id, model from ml.customer_value_forecasts")
    card = json.loads((finished.models / "value" / model_id / "card.json").read_text(encoding="utf-8"))
    assert card["parameters"]["bases"]["purchase"]["scorer"] == scorer
    assert (card["verdict"] == "model") == (scorer == "model")


def test_with_too_few_months_nothing_is_forecast_and_the_run_goes_on(operator: Operator) -> None:
    home, summary = operator
    assert summary.released
    for table in ("customer_value_forecasts", "value_evaluation", "value_calibration"):
        assert published(home, f"select count(*) from ml.{table}") == [(0,)]
    assert not (home.models / "value").exists()
    assert published(
        home, "select count(*) from activation.customer_attribute_groups where estimated_tier is not null"
    ) == [(0,)]


def test_every_estimate_has_a_value_an_interval_and_a_model(either: Settings) -> None:
    kinds = published(
        either,
        """
        select estimate, count_if(
            value is null or model_version is null or not coalesce(value between low_value and high_value, true)
        )
        from activation.customer_estimates group by all order by all
        """,
    )
    wanted = ["churn_probability", "preference_share", "revenue_forecast", "revenue_growth"]
    if either.pack == "telecom":
        wanted = ["preference_share"]
    assert kinds == [(kind, 0) for kind in wanted]


def test_every_customer_is_in_the_groups_once(either: Settings) -> None:
    [(rows, customers, known)] = published(
        either,
        """
        select count(*), count(distinct customer_id), (select count(*) from marts.dim_customers)
        from activation.customer_attribute_groups
        """,
    )
    assert (rows, customers) == (known, known)
    assert known > 100
