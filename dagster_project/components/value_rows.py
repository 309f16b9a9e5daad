"""What the value models read of the marts: customers at three cut-offs, and who left before each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import duckdb
import pyarrow as pa

from dagster_project.settings import Settings
from ml import value
from ml.value_schemas import VALUE_EXPOSURES, VALUE_HISTORIES

#: Every table that the queries below read.
READS: Final = (
    "marts.contract_spans",
    "marts.customer_profit_loss",
    "marts.customer_revenue_parts",
    "marts.fct_orders",
)
_CLOSED: Final = "select min(month_on), max(month_on) from warehouse.marts.customer_profit_loss where is_closed"
#: Sums are of decimals, so that their order cannot show. A contract that ends after a cut-off was in force on it.
_HISTORIES: Final = """
    with cutoffs as (
        select cutoff_on, (date_trunc('month', cutoff_on) - to_months($horizon))::date as period_on,
            (date_trunc('month', cutoff_on) - to_months($recent))::date as recent_on, cutoff_on = $final as is_open
        from (select unnest($days::date[]) as cutoff_on)
    ),
    days as (
        select customer_id, ordered_on, sum(sales_amount) as amount
        from warehouse.marts.fct_orders anti join warehouse.marts.contract_spans using (customer_id)
        where customer_id is not null
        group by customer_id, ordered_on
    ),
    customers as (
        select customer_id, cutoff_on, 'purchase' as basis, min(ordered_on) as first_on, max(ordered_on) as last_on,
            count(*) as order_days, (sum(amount) - arg_min(amount, ordered_on))::double as repeat_amount
        from days join cutoffs on ordered_on <= cutoff_on
        group by customer_id, cutoff_on
        union all
        select customer_id, cutoff_on, 'contract', started_on, started_on, null, null
        from warehouse.marts.contract_spans
        join cutoffs on started_on <= cutoff_on and (ended_on is null or ended_on > cutoff_on)
    ),
    revenues as (
        select customers.customer_id, cutoff_on,
            sum(revenue_amount) filter (month_on <= cutoff_on and month_on > period_on)::double as last_period_amount,
            sum(revenue_amount) filter (month_on > cutoff_on
                and month_on <= cutoff_on + to_months($horizon))::double as outcome_amount
        from customers join cutoffs using (cutoff_on)
        join warehouse.marts.customer_profit_loss as months using (customer_id)
        where is_closed
        group by customers.customer_id, cutoff_on
    ),
    bills as (
        select customers.customer_id, cutoff_on, sum(billed)::double as billed_amount,
            sum(billed * billed)::double as billed_squares, sum(sales_amount)::double as sold_amount
        from customers join cutoffs using (cutoff_on)
        join (
            select *, (fee_amount + usage_amount + credit_amount)::decimal(18, 2) as billed
            from warehouse.marts.customer_revenue_parts
        ) as parts on parts.customer_id = customers.customer_id
            and month_on <= cutoff_on and month_on > recent_on and month_on > first_on
        where basis = 'contract'
        group by customers.customer_id, cutoff_on
    )
    select customers.customer_id, basis, order_days, repeat_amount,
        date_diff('month', first_on, cutoff_on) as tenure_months,
        case basis when 'contract' then least(date_diff('month', first_on, cutoff_on),
            date_diff('month', greatest(recent_on, $first - to_months(1)), cutoff_on)) end as month_count,
        case basis when 'contract' then coalesce(billed_amount, 0) end as billed_amount,
        case basis when 'contract' then coalesce(billed_squares, 0) end as billed_squares,
        case basis when 'contract' then coalesce(sold_amount, 0) end as sold_amount,
        coalesce(last_period_amount, 0) as last_period_amount,
        case when not is_open then coalesce(outcome_amount, 0) end as outcome_amount,
        cutoff_on, first_on, last_on
    from customers join cutoffs using (cutoff_on) left join revenues using (customer_id, cutoff_on)
    left join bills using (customer_id, cutoff_on)
    order by cutoff_on, customer_id
"""
#: A contract is at risk in a month that it was in force before; only months on record show who left.
_EXPOSURES: Final = """
    select date_diff('month', started_on, month_on) as tenure_months, count(*) as at_risk,
        count(*) filter (ended_on <= last_day(month_on)) as ended, cutoff_on
    from (select unnest($days::date[]) as cutoff_on) as cutoffs
    join (select distinct month_on from warehouse.marts.customer_profit_loss where is_closed) as months
        on month_on <= cutoff_on and month_on > cutoff_on - to_months(12)
    join warehouse.marts.contract_spans on started_on < month_on and (ended_on is null or ended_on >= month_on)
    group by all
    order by cutoff_on, tenure_months
"""


def closed_cutoffs(con: duckdb.DuckDBPyConnection, settings: Settings) -> value.Cutoffs:
    """The days to look from; before the first month closed they lie where nothing is on record."""
    [(first, last)] = con.execute(_CLOSED).fetchall()
    start = settings.start_on.replace(day=1)
    return value.plan(first or start, last or start - timedelta(days=1), settings.value_horizon_months)


def histories_at(con: duckdb.DuckDBPyConnection, cutoffs: value.Cutoffs, days: Sequence[date]) -> pa.Table:
    """`VALUE_HISTORIES` at each of `days`."""
    parameters = {
        "days": list(days),
        "horizon": cutoffs.horizon_months,
        "recent": value.RECENT_MONTHS,
        "first": cutoffs.first_month,
        "final": cutoffs.final,
    }
    return con.sql(_HISTORIES, params=parameters).to_arrow_table().cast(VALUE_HISTORIES)


def exposures_before(con: duckdb.DuckDBPyConnection, days: Sequence[date]) -> pa.Table:
    """`VALUE_EXPOSURES` before each of `days`."""
    return con.sql(_EXPOSURES, params={"days": list(days)}).to_arrow_table().cast(VALUE_EXPOSURES)
