{{ config(meta={
    'asset': 'marts.customer_lifecycle_flows', 'dimension': 'accuracy', 'owner': 'customer-analytics', 'capability': ['LIF-7'],
}) }}
-- A returned row is a day on which the flows do not add up: a state that does not open with
-- yesterday's close, in and out that do not explain the close, or states that together hold
-- other than the customers on record by then.
with flows as (
    select
        *,
        lag(closing_customers, 1, 0) over (
            partition by state order by day_on asc nulls last
        ) as previous_closing
    from {{ ref('customer_lifecycle_flows') }}
),

days as (
    select
        day_on,
        cast(sum(closing_customers) as bigint) as customers,
        count_if(
            opening_customers <> previous_closing
            or opening_customers + entered_customers - left_customers <> closing_customers
            or closing_customers < 0
        ) as broken_states
    from flows
    group by day_on
),

firsts as (
    select
        first_on,
        count(*) as customers
    from (
        select customer_id, min(from_on) as first_on
        from {{ ref('customer_lifecycle_periods') }}
        group by customer_id
    ) as customers
    group by first_on
),

expected as (
    select
        days.day_on,
        cast(coalesce(sum(firsts.customers), 0) as bigint) as customers
    from days
    left join firsts
        on firsts.first_on <= days.day_on
    group by days.day_on
)

select
    days.day_on,
    days.customers,
    expected.customers as expected_customers,
    days.broken_states
from days
inner join expected
    on expected.day_on = days.day_on
where days.broken_states > 0 or days.customers <> expected.customers
