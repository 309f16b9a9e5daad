-- One row per kind of activity and period: on how many of its days an active customer comes.
-- Trap: use of contracts is told every week for the four weeks up to it, purchases by calendar
-- month; the two kinds cannot be added.
with used as (
    select
        'use' as activity,
        {{ add_days('week_on', -21) }} as from_on,
        {{ add_days('week_on', 6) }} as to_on,
        cast(count_if(recent_active_days > 0) as bigint) as active_customers,
        cast(sum(recent_active_days) as bigint) as customer_days
    from {{ ref('contract_use') }}
    where week_on >= {{ add_days("cast('" ~ var('start_on') ~ "' as date)", 21) }}
    group by week_on
),

months as (
    select
        month_on,
        max(day_on) as last_on
    from {{ ref('dim_dates') }}
    group by month_on
),

bought as (
    select
        'purchase' as activity,
        months.month_on as from_on,
        months.last_on as to_on,
        count(distinct customer_months.customer_id) as active_customers,
        cast(sum(customer_months.active_days) as bigint) as customer_days
    from {{ ref('fct_customer_months') }} as customer_months
    inner join months
        on months.month_on = customer_months.month_on
    group by months.month_on, months.last_on
),

together as (
    select activity, from_on, to_on, active_customers, customer_days from used
    union all
    select activity, from_on, to_on, active_customers, customer_days from bought
)

select
    activity,
    active_customers,
    customer_days,
    cast(customer_days as double) / ({{ days_between('from_on', 'to_on') }} + 1)
        as daily_customers_mean,
    cast(customer_days as double) / ({{ days_between('from_on', 'to_on') }} + 1)
    / nullif(active_customers, 0) as stickiness_share,
    from_on,
    to_on
from together
