"""The lifecycle of both packs, with and without contracts, and the planted onset of churn."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_project import launch
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.fixtures.operator_truth import onset_errors
from tests.integration.conftest import published

Operator = tuple[Settings, launch.RunSummary]
BASIS = {"retail": "purchase", "telecom": "contract"}


@pytest.fixture
def settings(either: Settings) -> Settings:
    """The finished home of each pack."""
    return either


def test_every_customer_day_has_one_state(settings: Settings) -> None:
    doubled, gaps, customers = published(
        settings,
        """
        with days as (
            select customer_id, day_on, count(*) as states from marts.customer_lifecycle_daily group by all
        ),
        spans as (
            select customer_id, count(*) as days, min(day_on) as first_on, max(day_on) as last_on, max(states) as states
            from days group by all
        )
        select count_if(states > 1), count_if(days <> last_on - first_on + 1 or last_on <> as_of_on), count(*)
        from spans cross join ops.this_release
        """,
    )[0]
    assert (doubled, gaps) == (0, 0)
    assert customers > 300


def test_customers_follow_the_rules_of_their_business(settings: Settings) -> None:
    bases = published(settings, "select distinct basis from marts.customer_lifecycle_periods where basis <> 'any'")
    assert bases == [(BASIS[settings.pack],)]


def test_no_move_is_illegal(settings: Settings) -> None:
    moves, illegal = published(
        settings,
        """
        with moves as (
            select case basis when 'any' then 'contract' else basis end as basis, state as to_state,
                coalesce(lag(state) over (partition by customer_id order by day_on), 'none') as from_state
            from marts.customer_lifecycle_daily
        )
        select count(*), count_if(not coalesce(is_allowed, false))
        from moves left join marts.lifecycle_transitions using (basis, from_state, to_state)
        where from_state <> to_state
        """,
    )[0]
    assert moves > 500
    assert illegal == 0


def test_flows_balance_for_every_day_stage_and_segment(settings: Settings) -> None:
    """Opening, in, out and close counted again from the days themselves."""
    apart, rows = published(
        settings,
        """
        with days as (
            select daily.customer_id, daily.day_on, daily.stage, periods.segment
            from marts.customer_lifecycle_daily as daily
            left join marts.customer_stage_periods as periods
                on periods.customer_id = daily.customer_id and daily.day_on between periods.from_on and periods.to_on
                and periods.stage = daily.stage
        ),
        moves as (
            select *,
                lag(stage || segment) over (partition by customer_id order by day_on)
                    is distinct from stage || segment as came
            from days
        ),
        counted as (
            select day_on, stage, segment, count(*) as closing, count_if(came) as entered from moves group by all
        )
        select
            count_if(closing_customers <> coalesce(closing, 0) or entered_customers <> coalesce(entered, 0)
                or opening_customers + entered_customers - left_customers <> closing_customers),
            count(*)
        from marts.customer_stage_flows left join counted using (day_on, stage, segment)
        """,
    )[0]
    assert rows > 500
    assert apart == 0


def test_the_cube_sums_to_customers_and_profit(settings: Settings) -> None:
    assert published(
        settings,
        """
        with cube as (
            select month_on, sum(customer_count) as customers, sum(revenue_amount) as revenue,
                sum(net_profit_amount) as profit
            from marts.customer_lifecycle_cube group by all
        ),
        base as (
            select date_trunc('month', day_on)::date as month_on, count(*) as customers
            from marts.customer_lifecycle_daily cross join ops.this_release
            where day_on = least(last_day(day_on), as_of_on) group by all
        ),
        money as (
            select month_on, sum(revenue_amount) as revenue, sum(net_profit_amount) as profit
            from marts.customer_profit_loss group by all
        )
        select * from cube left join base using (month_on) left join money using (month_on)
        where cube.customers <> base.customers or cube.revenue <> money.revenue or cube.profit <> money.profit
        """,
    ) == []  # fmt: skip


def test_every_customer_on_record_has_a_next_action(settings: Settings) -> None:
    customers, without, on_record = published(
        settings,
        """
        select count(*), count_if(next_action_code is null),
            (select count(distinct customer_id) from marts.customer_lifecycle_periods)
        from marts.customer_stage_actions
        """,
    )[0]
    assert (customers, without) == (on_record, 0)


def test_cohorts_only_shrink_or_come_back(settings: Settings) -> None:
    cohorts, uneven, impossible = published(
        settings,
        """
        select count(distinct cohort_on), count_if(sizes > 1), count_if(most > size)
        from (
            select cohort_on, count(distinct cohort_customers) as sizes, max(cohort_customers) as size,
                max(greatest(retained_customers, active_customers)) as most
            from marts.cohort_retention group by all
        )
        """,
    )[0]
    assert cohorts >= 2
    assert (uneven, impossible) == (0, 0)


@pytest.mark.slow
def test_churn_is_told_apart_by_line_account_and_customer(operator: Operator) -> None:
    """Ends of lines and customers counted on the raw records; a line more given up than customers lost."""
    settings, _ = operator
    with connect(settings, read_only=True) as con:
        (ended,) = con.execute(
            "select count(distinct subscription_key) from conformed.subscriptions where end_reason is not null"
        ).fetchone()
    lost = dict(published(settings, "select level, sum(ended_count) from marts.churn_by_level group by all"))
    assert lost["line"] == ended
    assert lost["line"] > lost["customer"] > 0
    assert lost["account"] > 0


@pytest.mark.slow
def test_customers_who_left_are_churned_from_the_day_after(operator: Operator) -> None:
    settings, _ = operator
    truth = settings.truth
    with connect(settings, read_only=True) as con:
        wrong, stayed, leavers = con.execute(
            f"""
            with ids as (select distinct customer_key, customer_id from intermediate.int_subscriptions_identified),
            alone as (select customer_id from ids group by all having count(*) = 1),
            churned as (
                select customer_id, min(from_on) as churned_on
                from warehouse.marts.customer_lifecycle_periods where state = 'churned' group by all
            ),
            truth as (
                select ids.customer_id, left_on, is_silent
                from ids inner join alone using (customer_id)
                left join '{truth}/churn.parquet' as leavers on leavers.customer_key::varchar = ids.customer_key
            )
            select
                count_if(not is_silent and left_on < as_of_on and churned_on is distinct from left_on + 1),
                count_if(left_on is null and churned_on is not null),
                count_if(not is_silent and left_on < as_of_on)
            from truth left join churned using (customer_id)
            cross join (select max(to_on) as as_of_on from warehouse.marts.customer_lifecycle_periods)
            """
        ).fetchone()
    assert leavers > 15
    assert (wrong, stayed) == (0, 0)


@pytest.mark.slow
def test_planted_onsets_of_churn_are_recovered(operator: Operator, record_property) -> None:
    """Days from the planted onset to the one found: reported, and bounded so that a worse method fails.

    Four months of history leave few leavers whose use can be judged; `make bench-truth` reports a larger run.
    """
    settings, _ = operator
    with connect(settings, read_only=True) as con:
        leavers, errors = onset_errors(con, settings.truth)
    spread = {f"q{share}": float(np.percentile(errors, share)) for share in (10, 25, 50, 75, 90)}
    for name, days in spread.items():
        record_property(f"onset_error_days_{name}", days)
    assert leavers > 20
    assert len(errors) >= 0.25 * leavers, spread
    assert np.median(np.abs(errors)) <= 35, spread
    assert np.percentile(np.abs(errors), 90) <= 90, spread


def test_states_of_trouble_occur(settings: Settings) -> None:
    """A rule that never fires would pass every other test."""
    states = {state for (state,) in published(settings, "select distinct state from marts.customer_lifecycle_periods")}
    assert states >= {"declining", "churned"} | ({"lapsed"} if settings.pack == "retail" else {"at_risk", "upgraded"})
