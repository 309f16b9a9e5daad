-- One row per cohort (month of the first contract or purchase) and month since: who is left.
-- Trap: cohorts from before the records began are left out; the running month is as of as_of.
with months as (
    select
        month_on,
        max(day_on) as last_on
    from {{ ref('dim_dates') }}
    group by month_on
),

firsts as (
    select customer_id, started_on as first_on
    from {{ ref('contract_spans') }}
    where span_no = 1
    union all
    select customer_id, min(from_on) as first_on
    from {{ ref('customer_lifecycle_periods') }}
    where basis = 'purchase' and state <> 'prospect'
    group by customer_id
),

cohorts as (
    select
        customer_id,
        cast(date_trunc('month', first_on) as date) as cohort_on
    from firsts
    where first_on >= cast('{{ var("start_on") }}' as date)
),

active as (
    select customer_id, month_on from {{ ref('fct_customer_months') }}
    union
    select customer_id, month_on from {{ ref('line_usage_months') }}
    where customer_id is not null
),

held as (
    select
        cohorts.cohort_on,
        months.month_on,
        cohorts.customer_id,
        periods.state <> 'churned' as is_retained,
        active.customer_id is not null as is_active
    from cohorts
    inner join months
        on months.month_on >= cohorts.cohort_on
    inner join {{ ref('customer_lifecycle_periods') }} as periods
        on periods.customer_id = cohorts.customer_id
        and months.last_on between periods.from_on and periods.to_on
    left join active
        on active.customer_id = cohorts.customer_id and active.month_on = months.month_on
)

select
    cast(
        (extract(year from month_on) - extract(year from cohort_on)) * 12
        + extract(month from month_on) - extract(month from cohort_on) as bigint
    ) as months_since,
    count(*) as cohort_customers,
    cast(count_if(is_retained) as bigint) as retained_customers,
    cast(count_if(is_active) as bigint) as active_customers,
    cast(count_if(is_retained) as double) / count(*) as retained_share,
    cohort_on,
    month_on
from held
group by cohort_on, month_on
