"""Profit and loss, tiers, growth and sales of both packs, against the raw extracts and the planted truth."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dagster_project import launch
from dagster_project.publish.query import run_query
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.integration.conftest import published

Operator = tuple[Settings, launch.RunSummary]
#: What each month earned, read off the raw extracts: invoices before tax by the month they cover, and sales.
RAW_REVENUE = {
    "retail": """
        select date_trunc('month', trading_date)::date as month_on, sum(sales_value) as amount
        from raw.pos__transactions group by all
    """,
    "telecom": """
        select month_on, sum(amount) as amount from (
            select date_trunc('month', period_from)::date as month_on, net_amount as amount from raw.billing__invoices
            union all select date_trunc('month', accepted_at)::date, amount from raw.ibss__orders
        ) group by all
    """,
}


@pytest.fixture
def settings(either: Settings) -> Settings:
    """The finished home of each pack."""
    return either


def test_revenue_is_that_of_the_extracts_to_the_cent(settings: Settings) -> None:
    with connect(settings, read_only=True) as con:
        delivered = con.execute(f"{RAW_REVENUE[settings.pack]} order by all").fetchall()
    earned = published(
        settings,
        "select month_on, sum(revenue_amount + prepaid_amount) as amount from marts.customer_profit_loss "
        "group by all having amount <> 0 order by all",
    )
    assert len(delivered) > 2
    assert earned == delivered


def test_costs_given_to_customers_and_nobody_are_the_ledger(settings: Settings) -> None:
    difference, costs = published(
        settings,
        """
        select
            (select sum(revenue_amount - net_profit_amount) from marts.customer_profit_loss)
                - (select coalesce(sum(cost_amount), 0) from marts.cost_ledger),
            (select count(*) from marts.cost_ledger where cost_amount > 0)
        """,
    )[0]
    assert difference == 0
    assert (costs > 0) == (settings.pack == "telecom")


def test_a_home_without_unit_costs_says_so(settings: Settings) -> None:
    costed = published(settings, "select distinct is_costed from marts.customer_profit_loss")
    assert costed == [(settings.pack == "telecom",)]


def test_every_move_down_has_one_cause_and_causes_sum_to_the_moves(settings: Settings) -> None:
    downs, causes, without = published(
        settings,
        """
        select count_if(direction = 'down'), count(cause), count_if((direction = 'down') <> (cause is not null))
        from marts.tier_changes
        """,
    )[0]
    by_rank = published(
        settings,
        """
        select count(*) from (
            select tier_rank < lag(tier_rank) over (partition by customer_id order by month_on) as fell
            from marts.customer_tiers
        ) where fell
        """,
    )[0][0]
    assert downs > 0
    assert (downs, causes, without) == (by_rank, by_rank, 0)


def test_the_migration_matrix_sums_to_the_base(settings: Settings) -> None:
    assert published(
        settings,
        """
        select month_on, count(*) from marts.tier_changes group by all
        except select month_on, count(distinct customer_id) from marts.customer_tiers group by all
        """,
    ) == []  # fmt: skip


def test_sales_reconcile_on_all_three_axes(settings: Settings) -> None:
    totals = dict(published(settings, "select axis, sum(amount) from marts.sales_performance group by all"))
    (revenue,) = published(settings, "select sum(revenue_amount + prepaid_amount) from marts.customer_profit_loss")[0]
    assert totals == dict.fromkeys(("category", "channel", "place"), revenue)


def test_the_profit_curve_ends_at_the_profit_of_all_and_lists_the_loss_makers(settings: Settings) -> None:
    end, total, listed, losing = published(
        settings,
        """
        with customers as (
            select customer_id, sum(net_profit_amount) as profit from marts.customer_profit_loss
            where is_closed and not is_unallocated group by all
        )
        select
            (select arg_max(cumulative_profit_amount, profit_rank) from marts.customer_profit_curve),
            (select sum(profit) from customers),
            (select count(*) from marts.customer_profit_curve where is_loss_making),
            (select count(*) from customers where profit < 0)
        """,
    )[0]
    assert (end, listed) == (total, losing)
    assert (losing > 0) == (settings.pack == "telecom")


def test_a_trend_is_the_regression_of_the_months(settings: Settings) -> None:
    """DuckDB's own regression over months of revenue, zeros included, for every customer with a trend."""
    compared, apart, few = published(
        settings,
        """
        with closed as (
            select month_on, row_number() over (order by month_on) as x
            from (select distinct month_on from marts.customer_profit_loss where is_closed)
            where month_on >= (
                select max(month_on) - interval 11 month from marts.customer_profit_loss where is_closed
            )
        ),
        own as (
            select customer_id, min(month_on) as first_on from marts.fct_customer_revenue
            where revenue_type <> 'prepayment' group by all
        ),
        slopes as (
            select customer_id, regr_slope(coalesce(revenue_amount, 0)::double, x) as slope, count(*) as n
            from own inner join closed on month_on >= first_on
            left join marts.customer_profit_loss using (customer_id, month_on)
            group by all
        )
        select
            count(slope_amount), count_if(coalesce(abs(slope_amount - slope) > 0.0001, false)),
            count_if((n < 6) <> has_too_few_points)
        from marts.customer_growth inner join slopes using (customer_id)
        """,
    )[0]
    assert (apart, few) == (0, 0)
    assert (compared > 0) == (settings.pack == "retail")


@pytest.mark.slow
def test_the_operators_costs_are_those_that_were_planted(operator: Operator) -> None:
    """Network and acquisition of customers who did not leave without a word, customer by customer.

    Of silent leavers the truth stops the monthly cost of a line where use stopped; the books cannot know that.
    """
    settings, _ = operator
    truth = settings.truth
    with connect(settings, read_only=True) as con:
        customers, far = con.execute(
            f"""
            with planted as (
                select customer_key::varchar as customer_key, sum(network_amount + acquisition_amount) as amount
                from '{truth}/line_margins.parquet' inner join '{truth}/lifecycle.parquet' using (subscription_key)
                where customer_key not in (select customer_key from '{truth}/churn.parquet' where is_silent)
                group by all
            ),
            booked as (
                select customer_id, sum(network_cost_amount + acquisition_cost_amount) as amount
                from warehouse.marts.customer_profit_loss group by all
            ),
            ids as (
                -- A person with two records was won twice by the planted books, once by ours.
                select customer_id, min(customer_key) as customer_key
                from intermediate.int_subscriptions_identified
                group by all having count(distinct customer_key) = 1
            ),
            sums as (
                select customer_id, sum(amount) as amount from planted inner join ids using (customer_key) group by all
            )
            select count(*), count_if(abs(sums.amount - coalesce(booked.amount, 0)) > 0.25)
            from sums left join booked using (customer_id)
            """
        ).fetchone()
    assert customers > 400
    assert far == 0


@pytest.mark.slow
def test_service_costs_are_counted_on_the_raw_calls(operator: Operator) -> None:
    with connect(operator[0], read_only=True) as con:
        calls, complaints = con.execute(
            """
            select (select count(*) from raw.hotline__calls where direction = 'inbound'),
                (select count(distinct ticket_id) from raw.hotline__tickets where ticket_type = 'complaint')
            """
        ).fetchone()
    booked = dict(
        published(
            operator[0],
            "select driver, sum(quantity) from marts.customer_cost_drivers "
            "where driver in ('call', 'complaint') group by all",
        )
    )
    assert booked == {"call": Decimal(calls), "complaint": Decimal(complaints)}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["loss_making_customers", "churn_by_level", "profit_by_month", "next_actions"])
def test_saved_queries_have_an_answer_on_the_operator(name: str, operator: Operator) -> None:
    text = (operator[0].queries / f"{name}.sql").read_text(encoding="utf-8")
    assert run_query(operator[0], text).rows
