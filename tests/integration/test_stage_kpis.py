"""Key figures of every lifecycle stage on both packs: none empty where there are customers, all of them whole."""

from __future__ import annotations

from typing import Final

import pytest

from dagster_project.settings import Settings
from tests.integration.conftest import published

#: Figures without a source in the pack.
ABSENT: Final = {
    "retail": {"usage_event_count", "contact_count", "complaint_count", "score_count"},
    "telecom": set(),
}
FIGURES: Final = (
    "active_customers", "order_count", "usage_event_count", "contact_count", "complaint_count", "score_count",
    "campaign_contact_count", "campaign_response_count", "revenue_amount", "net_profit_amount", "mean_stage_days",
)  # fmt: skip


@pytest.fixture
def settings(either: Settings) -> Settings:
    """The finished home of each pack."""
    return either


def test_no_stage_with_customers_has_an_empty_figure(settings: Settings) -> None:
    nulls = ", ".join(f"count_if({name} is null)" for name in FIGURES)
    rows, stages, unscored, *empty = published(
        settings,
        f"""
        select count(*), count(distinct stage),
            count_if((satisfaction_score is null) <> (coalesce(score_count, 0) = 0)), {nulls}
        from marts.stage_kpis where customer_count > 0
        """,
    )[0]
    assert rows >= 10
    assert stages >= 5
    assert unscored == 0
    expected = {name: rows if name in ABSENT[settings.pack] else 0 for name in FIGURES}
    assert dict(zip(FIGURES, empty, strict=True)) == expected


def test_every_stage_that_was_ever_held_has_figures_in_every_month_it_was_held(settings: Settings) -> None:
    """Against the days themselves: customers at the end of a month, came in, went out."""
    wrong = published(
        settings,
        """
        with days as (
            select customer_id, day_on, stage, date_trunc('month', day_on)::date as month_on,
                lag(stage) over (partition by customer_id order by day_on) as stage_before
            from marts.customer_lifecycle_daily
        ),
        held as (
            select month_on, stage, count_if(day_on = least(last_day(day_on), as_of_on)) as customers,
                count_if(stage_before is distinct from stage) as came
            from days cross join ops.this_release group by all
        ),
        went as (
            select month_on, stage_before as stage, count(*) as went from days where stage_before <> stage group by all
        )
        select month_on, stage from marts.stage_kpis full join held using (month_on, stage)
        left join went using (month_on, stage)
        where stage <> 'unallocated' and (coalesce(customers, 0) <> coalesce(customer_count, -1)
            or coalesce(came, 0) <> entered_customers or coalesce(went, 0) <> left_customers)
        """,
    )
    assert wrong == []


def test_nothing_that_customers_did_is_lost_between_stages(settings: Settings) -> None:
    """Sums over stages are those of the subjects."""
    [(kpis, subjects)] = published(
        settings,
        """
        select
            (select [sum(order_count), sum(usage_event_count), sum(complaint_count), sum(campaign_contact_count),
                sum(revenue_amount), sum(net_profit_amount)] from marts.stage_kpis),
            [
                (select sum(order_count) from marts.fct_customer_months),
                (select sum(event_count) from marts.customer_usage_months),
                (select count(*) from marts.customer_timeline where event_type = 'complaint'),
                (select count(*) from marts.fct_campaign_contacts where contacted_on is not null),
                (select sum(revenue_amount) from marts.customer_profit_loss),
                (select sum(net_profit_amount) from marts.customer_profit_loss)
            ]
        """,
    )
    absent = settings.pack == "retail"
    assert kpis == [value if not (absent and place in (1, 2)) else None for place, value in enumerate(subjects)]
