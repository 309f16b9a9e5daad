-- One row per month, lifecycle stage and segment: customers at its end (at as_of in the running
-- month) and what they brought. Traps: money is shown where the customer ends the month; what
-- nobody is known for is stage unallocated, so that the cube sums to the profit and loss.
with months as (
    select
        month_on,
        max(day_on) as last_on
    from {{ ref('dim_dates') }}
    group by month_on
),

held as (
    select
        months.month_on,
        periods.customer_id,
        periods.stage,
        periods.segment
    from {{ ref('customer_stage_periods') }} as periods
    inner join months
        on months.last_on between periods.from_on and periods.to_on
),

counted as (
    select
        month_on,
        stage,
        segment,
        count(*) as customer_count
    from held
    group by month_on, stage, segment
),

moved as (
    select
        cast(date_trunc('month', day_on) as date) as month_on,
        stage,
        segment,
        cast(sum(entered_customers) as bigint) as entered_customers,
        cast(sum(left_customers) as bigint) as left_customers
    from {{ ref('customer_stage_flows') }}
    group by cast(date_trunc('month', day_on) as date), stage, segment
),

brought as (
    select
        profit_loss.month_on,
        coalesce(held.stage, 'unallocated') as stage,
        coalesce(held.segment, 'unallocated') as segment,
        cast(sum(profit_loss.revenue_amount) as decimal(18, 2)) as revenue_amount,
        cast(sum(profit_loss.service_cost_amount) as decimal(18, 2)) as service_cost_amount,
        cast(sum(profit_loss.net_profit_amount) as decimal(18, 2)) as net_profit_amount
    from {{ ref('customer_profit_loss') }} as profit_loss
    left join held
        on held.customer_id = profit_loss.customer_id
        and held.month_on = profit_loss.month_on
    group by
        profit_loss.month_on, coalesce(held.stage, 'unallocated'),
        coalesce(held.segment, 'unallocated')
),

cells as (
    select month_on, stage, segment from moved
    union
    select month_on, stage, segment from brought
)

select
    cells.stage,
    cells.segment,
    coalesce(counted.customer_count, 0) as customer_count,
    coalesce(moved.entered_customers, 0) as entered_customers,
    coalesce(moved.left_customers, 0) as left_customers,
    coalesce(brought.revenue_amount, 0) as revenue_amount,
    coalesce(brought.service_cost_amount, 0) as service_cost_amount,
    coalesce(brought.net_profit_amount, 0) as net_profit_amount,
    cells.month_on
from cells
left join counted
    on counted.month_on = cells.month_on
    and counted.stage = cells.stage
    and counted.segment = cells.segment
left join moved
    on moved.month_on = cells.month_on
    and moved.stage = cells.stage
    and moved.segment = cells.segment
left join brought
    on brought.month_on = cells.month_on
    and brought.stage = cells.stage
    and brought.segment = cells.segment
