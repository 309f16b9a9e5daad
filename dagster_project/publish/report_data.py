"""What the report shows, read from the release: one query a table or chart, rows as dicts.

Numbers are made in dbt and `ml`; here they are only picked, counted and ordered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import duckdb

Row = dict[str, Any]

_RELEASE: Final = "select * from ops.this_release"
_SIZE: Final = """
    select
        (select count(*) from marts.dim_customers) as customers,
        (select count(*) from marts.fct_orders) as orders,
        (select row_count from ops.table_rows where table_name = 'fct_order_lines') as order_lines,
        (select sum(sales_amount) from marts.fct_orders) as sales_amount,
        (select min(business_on) from marts.fct_orders) as first_on
"""
# Four weeks against the four before: whole weeks, so that weekends do not tilt the comparison.
_TRADE: Final = """
    select
        count_if(business_on > $as_of - 28) as orders,
        count_if(business_on <= $as_of - 28) as orders_before,
        coalesce(sum(sales_amount) filter (business_on > $as_of - 28), 0) as sales_amount,
        coalesce(sum(sales_amount) filter (business_on <= $as_of - 28), 0) as sales_amount_before,
        count(distinct customer_id) filter (business_on > $as_of - 28) as customers,
        count(distinct customer_id) filter (business_on <= $as_of - 28) as customers_before
    from marts.fct_orders
    where business_on > $as_of - 56 and business_on <= $as_of
"""
# One day a week, counted back from the business date: enough for the picture, a seventh of the points.
_STATES_WEEKLY: Final = """
    select day_on, state, closing_customers as customers
    from marts.customer_lifecycle_flows
    where day_on <= $as_of and ($as_of - day_on) % 7 = 0
    order by day_on, state
"""
_FLOWS_MONTHLY: Final = """
    select
        date_trunc('month', day_on)::date as month_on,
        state,
        sum(entered_customers)::bigint as entered,
        sum(left_customers)::bigint as left_customers
    from marts.customer_lifecycle_flows
    where day_on <= $as_of
    group by all
    order by month_on, state
"""
_STATES_NOW: Final = """
    select
        flows.state,
        any_value(rules.meaning) as meaning,
        coalesce(max(closing_customers) filter (day_on = $as_of), 0) as customers,
        coalesce(max(closing_customers) filter (day_on = $as_of - 28), 0) as customers_before,
        coalesce(sum(entered_customers) filter (day_on > $as_of - 28), 0)::bigint as entered,
        coalesce(sum(left_customers) filter (day_on > $as_of - 28), 0)::bigint as left_customers
    from marts.customer_lifecycle_flows as flows
    left join (
        select state, string_agg(meaning, '; ' order by priority desc nulls first, meaning) as meaning
        from marts.lifecycle_rules
        where basis = 'any' or basis in (select basis from marts.customer_lifecycle_periods)
        group by state
    ) as rules using (state)
    where day_on >= $as_of - 28 and day_on <= $as_of
    group by flows.state
    order by flows.state
"""
# In the order of the stewards' list.
_SEGMENTS: Final = """
    select profiles.*
    from ml.segment_profiles as profiles
    left join marts.segment_names as names
        on names.value_tier = profiles.value_tier and names.behaviour_cluster = profiles.behaviour_cluster
    order by names.priority nulls last, profiles.segment_id
"""
_LIST_SUMMARY: Final = """
    select
        count(*) as customers,
        coalesce(sum(value_at_risk_amount), 0) as value_at_risk_amount,
        avg(churn_probability) as churn_probability_mean
    from activation.act_churn_list
"""
_LIST_REASONS: Final = """
    select
        coalesce(reason_1_text, 'No single reason stands out') as reason,
        count(*) as customers,
        sum(value_at_risk_amount) as value_at_risk_amount
    from activation.act_churn_list
    group by reason
    order by value_at_risk_amount desc, reason
"""
_LIST_ACTIONS: Final = """
    select
        suggested_action as action,
        count(*) as customers,
        sum(value_at_risk_amount) as value_at_risk_amount
    from activation.act_churn_list
    group by suggested_action
    order by value_at_risk_amount desc, action
"""
_LIST_TOP: Final = "select * from activation.act_churn_list order by list_rank limit 10"
# Of the model that scored: an older one may still have rows.
_SCORING_MODEL: Final = "where model_id = (select max(model_id) from ml.churn_scores)"
_EVALUATION: Final = f"select * from ml.churn_evaluation {_SCORING_MODEL} order by metric, model"
_CALIBRATION: Final = f"select * from ml.churn_calibration {_SCORING_MODEL} order by model, bin"
_LIFT: Final = f"select * from ml.churn_lift {_SCORING_MODEL} order by model, population_share"
_CAMPAIGNS: Final = "select * from marts.campaign_results order by starts_on, campaign_id"
_CAMPAIGN_REACH: Final = """
    select
        (select count(distinct customer_id) from marts.fct_campaign_contacts) as targeted,
        (select count(distinct customer_id) from marts.fct_coupon_redemptions) as redeeming
"""
_LOADS: Final = """
    select
        system,
        count_if(status = 'loaded') as files,
        coalesce(sum(rows_in) filter (status = 'loaded' and repairs_load_id is null), 0)::bigint as rows_in,
        coalesce(sum(rows_loaded) filter (status = 'loaded'), 0)::bigint as rows_loaded,
        coalesce(
            sum(rows_quarantined - case when repairs_load_id is null then 0 else rows_in end)
                filter (status = 'loaded'),
            0
        )::bigint as rows_quarantined,
        count_if(status in ('held', 'rejected')) as files_held,
        max(business_on) filter (status = 'loaded') as latest_on
    from ops.loads
    group by system
    order by system
"""
# A failed rule is a warning unless it is critical; a rule that could not run counts as failed.
_CHECKS: Final = """
    select
        dimension,
        count(*) as rules,
        count_if(status = 'passed') as passed,
        count_if(status = 'failed' and severity <> 'critical') as warned,
        count_if(status = 'error' or (status = 'failed' and severity = 'critical')) as failed
    from ops.check_results
    group by dimension
    order by dimension
"""
_FAILING: Final = """
    select asset, check_id, engine, severity, status, rows_failed, rows_checked, observed, owner
    from ops.check_results
    where status <> 'passed'
    order by severity, rows_failed desc nulls last, asset, check_id
"""


@dataclass(frozen=True, slots=True)
class ReportData:
    """Rows of each part of the report. A part whose subject has no rows is an empty list."""

    release: Row
    size: Row
    trade: Row
    states_weekly: list[Row]
    flows_monthly: list[Row]
    states_now: list[Row]
    segments: list[Row]
    list_summary: Row
    list_reasons: list[Row]
    list_actions: list[Row]
    list_top: list[Row]
    evaluation: list[Row]
    calibration: list[Row]
    lift: list[Row]
    campaigns: list[Row]
    campaign_reach: Row
    loads: list[Row]
    checks: list[Row]
    failing: list[Row]


def read_report_data(con: duckdb.DuckDBPyConnection, *, as_of: date) -> ReportData:
    """Read everything the report shows from an open release."""
    day = {"as_of": as_of}
    return ReportData(
        release=_one(con, _RELEASE),
        size=_one(con, _SIZE),
        trade=_one(con, _TRADE, day),
        states_weekly=_rows(con, _STATES_WEEKLY, day),
        flows_monthly=_rows(con, _FLOWS_MONTHLY, day),
        states_now=_rows(con, _STATES_NOW, day),
        segments=_rows(con, _SEGMENTS),
        list_summary=_one(con, _LIST_SUMMARY),
        list_reasons=_rows(con, _LIST_REASONS),
        list_actions=_rows(con, _LIST_ACTIONS),
        list_top=_rows(con, _LIST_TOP),
        evaluation=_rows(con, _EVALUATION),
        calibration=_rows(con, _CALIBRATION),
        lift=_rows(con, _LIFT),
        campaigns=_rows(con, _CAMPAIGNS),
        campaign_reach=_one(con, _CAMPAIGN_REACH),
        loads=_rows(con, _LOADS),
        checks=_rows(con, _CHECKS),
        failing=_rows(con, _FAILING),
    )


def _rows(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None) -> list[Row]:
    answer = con.execute(sql, parameters or {}).fetchall()
    names = [column[0] for column in con.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer]


def _one(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None) -> Row:
    [row] = _rows(con, sql, parameters)
    return row
