"""Customer value: fit when a month closed, forecast every day. Forecasting never fits."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import dagster as dg
import duckdb
import pyarrow as pa

from dagster_project import model_store
from dagster_project.components.model_assets import (
    as_of,
    library_versions,
    model_metadata,
    read,
    table_spec,
    write_table,
)
from dagster_project.components.partitions import ONE_DATE_A_RUN, daily_partitions
from dagster_project.model_store import StoredModel
from dagster_project.settings import Settings, active_settings
from dagster_project.warehouse import connect, row_counts
from ml import value
from ml.value_schemas import CUSTOMER_VALUE_FORECASTS, VALUE_EXPOSURES, VALUE_HISTORIES

_MODEL: Final = dg.AssetKey(["models", "value"])
_READ: Final = [
    dg.AssetKey(["marts", table]) for table in ("contract_spans", "customer_profit_loss", "dim_dates", "fct_orders")
]
_EVALUATION: Final = {
    "value_evaluation": "How far off the value forecasts were on months they did not see, beside two plain ones.",
    "value_calibration": "Forecast against what came, by tenth of the forecasts, for each of them.",
}
_COMMON: Final[dict[str, Any]] = {
    "partitions_def": daily_partitions(active_settings()),
    "backfill_policy": ONE_DATE_A_RUN,
    "pool": "warehouse",
    "required_resource_keys": {"settings", "writer"},
}
_CLOSED: Final = "select min(month_on), max(month_on) from warehouse.marts.customer_profit_loss where is_closed"
#: Sums are of decimals, so that their order cannot show. A contract that ends after a cut-off was in force on it.
_HISTORIES: Final = """
    with cutoffs as (
        select cutoff_on, (date_trunc('month', cutoff_on) - to_months($horizon))::date as period_on,
            (date_trunc('month', cutoff_on) - to_months($recent))::date as recent_on, cutoff_on = $final as is_open
        from (select unnest($days::date[]) as cutoff_on)
    ),
    days as (
        select customer_id, ordered_on, sum(sales_amount) as amount,
            row_number() over (partition by customer_id order by ordered_on) = 1 as is_first
        from warehouse.marts.fct_orders
        where customer_id not in (select customer_id from warehouse.marts.contract_spans)
        group by customer_id, ordered_on
    ),
    customers as (
        select customer_id, cutoff_on, 'purchase' as basis, min(ordered_on) as first_on, max(ordered_on) as last_on,
            count(*) as order_days, coalesce(sum(amount) filter (not is_first), 0)::double as repeat_amount
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
