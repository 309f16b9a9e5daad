"""The saved queries on both packs: each runs, and the answers are those that other SQL reads off the delivered rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from dagster_project.publish.query import run_query
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.integration.conftest import OPERATOR
from tests.integration.test_street import BEFORE

pytestmark = pytest.mark.slow
QUERIES: Final = sorted(Settings().queries.glob("*.sql"))
#: Queries without a row in a pack: they ask for what must not be there, or for what the pack has no source for.
EMPTY: Final = {
    "retail": {
        "churn_by_level", "complaints_by_topic", "figures_that_differ", "flows_that_do_not_balance",
        "last_days_of_leavers", "loss_making_customers", "topics_in_texts", "unpaid_bills",
    },
    "telecom": {"figures_that_differ", "flows_that_do_not_balance"},
}  # fmt: skip
#: Queries that may or may not have a row, by how the models or the days turned out.
EITHER: Final = {"late_feeds", "churn_list_by_segment", "churn_model_against_baseline", "failing_checks"}
_DAY: Final = f"date '{OPERATOR.as_of}'"
_PERIODS: Final = """
    from raw.ibss__subscriptions qualify row_number() over (
        partition by line_no, effective_on order by _business_on desc, _row_number desc
    ) = 1
"""
#: One row a known person; the ids are the house's, all else is as delivered.
_PEOPLE: Final = f"""
    select record.customer_id, latest.gender, latest.born_on,
        year({_DAY}) - year(latest.born_on)
            - (strftime({_DAY}, '%m%d') < strftime(latest.born_on, '%m%d'))::integer as age
    from (
        from raw.ibss__customers
        qualify row_number() over (partition by customer_no order by _business_on desc, _row_number desc) = 1
    ) as latest
    join intermediate.int_profiles_identified as record on record.customer_key = latest.customer_no::varchar
    qualify row_number() over (
        partition by record.customer_id order by latest._business_on desc, latest.customer_no::varchar
    ) = 1
"""


@pytest.fixture(params=["retail", "telecom"])
def either(request: pytest.FixtureRequest) -> tuple[str, Settings]:
    """The finished home of each pack."""
    pack: str = request.param
    home = request.getfixturevalue("finished") if pack == "retail" else request.getfixturevalue("operator")[0]
    return pack, home


def raw(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with connect(settings, read_only=True) as con:
        return con.execute(sql).fetchall()


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_saved_query_answers(path: Path, either: tuple[str, Settings]) -> None:
    pack, home = either
    rows = run_query(home, path.read_text(encoding="utf-8")).rows
    assert path.stem in EITHER or bool(rows) == (path.stem not in EMPTY[pack])


#: Query, what is taken of its answer, and the same from delivered rows.
RETAIL: Final = {
    "figures_by_stage": (
        "select any_value(month_on), sum(customer_count) > 300, sum(order_count), sum(revenue_amount),"
        " sum(active_customers), count(contact_count)",
        f"""
        select date_trunc('month', trading_date)::date, true, count(distinct basket_id), sum(sales_value),
            count(distinct household_id), 0
        from raw.pos__transactions
        where date_trunc('month', trading_date) = (
            select max(date_trunc('month', trading_date)) from raw.pos__transactions
            where last_day(trading_date) <= date '{BEFORE}'
        )
        group by 1
        """,
    ),
    "headline_figures": (
        "select order_lines, orders, customers, sales_amount",
        "select count(*), count(distinct basket_id), count(distinct household_id), sum(sales_value)"
        " from raw.pos__transactions",
    ),
    "sales_by_department": (
        "select department, sales_amount order by all",
        "select department, sum(sales_value) from raw.pos__transactions left join raw.product__products"
        " using (product_id) group by 1 order by all",
    ),
    "rfm_segments": (
        "select sum(customers), sum(sales_amount)",
        "select count(distinct household_id), sum(sales_value) from raw.pos__transactions",
    ),
    "customer_base": (
        "select kind, known where kind in ('customer', 'household') order by all",
        "select 'customer', count(*) from (select household_id from raw.pos__transactions union"
        " select household_id from raw.crm__demographics union select household_id from"
        " raw.campaign__campaign_households union select household_id from raw.loyalty__coupon_redemptions)"
        " union all select 'household', count(distinct household_id) from raw.crm__demographics order by all",
    ),
    "customers_by_profile": (
        "select age_band, customers where age_band is not null order by all",
        "select age, count(distinct household_id) from raw.crm__demographics group by 1 order by all",
    ),
    "product_base": (
        "select product_key, customers order by all",
        "select department, count(distinct household_id) from raw.pos__transactions"
        " join raw.product__products using (product_id) group by 1 order by all",
    ),
    "events_by_month": (
        "select month_on, events, customers, amount where event_type = 'order' order by all",
        "select date_trunc('month', trading_date)::date, count(distinct basket_id), count(distinct household_id),"
        " sum(sales_value) from raw.pos__transactions group by 1 order by all",
    ),
    "one_customer": (
        "select count(*), sum(amount) filter (event_type = 'order')",
        """
        with events as (
            select household_id, count(distinct basket_id) as events, sum(sales_value) as amount
            from raw.pos__transactions group by 1
            union all select household_id, count(*), null from raw.campaign__campaign_households group by 1
            union all select household_id, count(*), null from raw.loyalty__coupon_redemptions group by 1
        )
        select sum(events) + 1, sum(amount) from events group by household_id
        order by sum(events) desc, household_id limit 1
        """,
    ),
    "contact_permissions": (
        "select * ",
        "select null, null, count(*) from (select household_id from raw.pos__transactions union"
        " select household_id from raw.crm__demographics union select household_id from"
        " raw.campaign__campaign_households union select household_id from raw.loyalty__coupon_redemptions)",
    ),
    "attribute_fill": (
        "select fill_pct where attribute = 'age_band'",
        "select round(100 * (select count(distinct household_id) from raw.crm__demographics) / count(*), 1) from"
        " (select household_id from raw.pos__transactions union select household_id from raw.crm__demographics union"
        " select household_id from raw.campaign__campaign_households union"
        " select household_id from raw.loyalty__coupon_redemptions)",
    ),
    "attribute_combinations": (
        "select value_tier, value_profit_class, sum(customers) where value_tier is not null group by all order by all",
        """
        with spent as (
            select household_id, sum(sales_value) as total,
                round(coalesce(sum(sales_value) filter (trading_date >= date '2017-08-01'), 0)
                    / least(3, date_diff('month', min(trading_date), date '2017-10-01') + 1), 2) as month_amount
            from raw.pos__transactions where trading_date <= date '2017-10-31' group by 1
        ),
        ranked as (
            select *, row_number() over (order by total desc, household_id)::double / count(*) over () as share
            from spent
        )
        select case when month_amount >= 300 then 'diamond' when month_amount >= 150 then 'gold'
                when month_amount >= 50 then 'silver' when month_amount > 0 then 'bronze' else 'none' end,
            case when share <= 0.2 then 'most_profitable_fifth' else 'profitable' end, count(*)
        from ranked group by all order by all
        """,
    ),
    "tag_counts": (
        "select ever where tag = 'coupon_user'",
        "select count(distinct household_id) from raw.loyalty__coupon_redemptions",
    ),
}
TELECOM: Final = {
    "figures_by_stage": (
        "select sum(complaint_count) where month_on = date '2026-05-01'",
        "select count(*) from (from raw.hotline__tickets"
        " qualify row_number() over (partition by ticket_id order by _business_on desc, _row_number desc) = 1)"
        " join intermediate.int_interactions_identified as known on interaction_key = ticket_id"
        " where ticket_type = 'complaint' and customer_id is not null"
        " and date_trunc('month', known.opened_at) = date '2026-05-01'",
    ),
    "topics_in_texts": (
        "select sum(texts) filter (topic is null) + (select count(distinct (source_system, text_key))"
        " from marts.fct_text_topics)",
        "select (select count(complaint_text) from raw.hotline__complaints)"
        " + (select count(review_text) from raw.survey__reviews)"
        " + (select count(answer_text) from raw.survey__answers)",
    ),
    "customer_base": (
        "select kind, known, current where kind in ('account', 'line') order by all",
        f"""
        select 'account', count(*), count_if(closed_on is null or closed_on >= {_DAY}) from (
            from raw.ibss__accounts
            qualify row_number() over (partition by account_no order by _business_on desc, _row_number desc) = 1
        )
        union all
        select 'line', count(distinct line_no),
            count(distinct line_no) filter (expires_on is null or expires_on >= {_DAY})
        from ({_PERIODS})
        order by all
        """,
    ),
    "customers_by_profile": (
        "select gender, age_band, customers order by all",
        f"""
        select case gender when '男' then 'male' else 'female' end,
            case when age < 19 then '0-18' when age < 25 then '19-24' when age < 35 then '25-34'
                when age < 45 then '35-44' when age < 55 then '45-54' when age < 65 then '55-64' else '65+' end,
            count(*)
        from ({_PEOPLE}) group by all order by all
        """,
    ),
    "product_base": (
        "select product_key, customers where product_scope = 'product' order by all",
        f"""
        select plan_no, count(distinct record.customer_id) from ({_PERIODS}) as period
        join intermediate.int_profiles_identified as record on record.customer_key = period.customer_no::varchar
        where expires_on is null or expires_on >= {_DAY}
        group by 1 order by all
        """,
    ),
    "unpaid_bills": (
        "select sum(amount)",
        "select (select sum(gross_amount) from raw.billing__invoices)"
        " - (select sum(amount) from raw.billing__payments)",
    ),
    "events_by_month": (
        "select month_on, events, amount where event_type = 'invoice' order by all",
        "select date_trunc('month', issued_on)::date, count(*), sum(gross_amount) from raw.billing__invoices"
        " group by 1 order by all",
    ),
    "complaints_by_topic": (
        "select sum(complaints)",
        "select count(*) from (from raw.hotline__tickets"
        " qualify row_number() over (partition by ticket_id order by _business_on desc, _row_number desc) = 1)"
        " join intermediate.int_interactions_identified on interaction_key = ticket_id"
        " where ticket_type = 'complaint' and customer_id is not null",
    ),
    "web_use": (
        "select sum(web_customers), sum(app_customers)",
        f"""
        select count(distinct customer_id), count(distinct customer_id) filter (device = 'app')
        from (
            select event_id, device_type as device from raw.web__events
            where occurred_at::date > {_DAY} - 91 and not regexp_matches(lower(user_agent), 'bot|spider|monitor')
        )
        join intermediate.int_web_events_identified on web_event_key = event_id
        """,
    ),
    "contact_permissions": (
        "select sum(customers) filter (is_marketing_granted is not null)",
        "select count(distinct record.customer_id) from raw.privacy__consents as consent"
        " join intermediate.int_profiles_identified as record on record.customer_key = consent.customer_no::varchar"
        " where purpose = 'marketing'",
    ),
    "last_days_of_leavers": (
        "select sum(customers) filter (event_type = 'product_ended' and months_before = 0)",
        f"""
        select count(*) from (
            select record.customer_id from ({_PERIODS}) as period
            join intermediate.int_profiles_identified as record on record.customer_key = period.customer_no::varchar
            group by 1 having count(*) = count(expires_on) filter (expires_on < {_DAY})
        )
        """,
    ),
    "attribute_fill": (
        "select fill_pct where attribute = 'gender'",
        "select 100.0",
    ),
    "tag_counts": (
        "select customers where tag = 'traveller'",
        "select count(distinct period.customer_id) from raw.mediation__usage as usage"
        " join intermediate.int_subscriptions_identified as period on period.subscription_key = usage.line_key::varchar"
        " where is_roaming and duration_seconds > 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RETAIL)
def test_answers_on_the_retailer_are_those_of_the_delivered_rows(name: str, finished: Settings) -> None:
    taken, delivered = RETAIL[name]
    assert _asked(finished, name, taken) == raw(finished, delivered)


@pytest.mark.parametrize("name", TELECOM)
def test_answers_on_the_operator_are_those_of_the_delivered_rows(name: str, operator: tuple[Settings, Any]) -> None:
    taken, delivered = TELECOM[name]
    assert _asked(operator[0], name, taken) == raw(operator[0], delivered)


def _asked(settings: Settings, name: str, taken: str) -> list[tuple[Any, ...]]:
    """What a saved query says, cut by `taken`: a select list, and behind it a condition or an order."""
    saved = (settings.queries / f"{name}.sql").read_text(encoding="utf-8").rstrip().rstrip(";")
    columns, cut, rest = taken, "", ""
    for word in (" order by ", " where "):
        if word in taken:
            columns, cut, rest = taken.partition(word)
    return run_query(settings, f"{columns} from (\n{saved}\n) as saved{cut}{rest}").rows
