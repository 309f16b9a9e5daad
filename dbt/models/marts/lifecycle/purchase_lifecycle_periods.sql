-- One row per customer and run of days in one state, from the first purchase to as_of.
-- Trap: both ends belong to the period; the last one ends at as_of because nothing is known
-- after it, not because the state ended. Method: purchases with no gap longer than the
-- `active` threshold form a warm run; after its last purchase the customer cools down
-- through the silent states until the next run begins.
with rules as (
    select * from {{ ref('lifecycle_rules') }} where basis = 'purchase'
),

thresholds as (
    select
        max(case when state = 'active' then until_days end) as warm_days,
        max(case when state = 'churned' then from_days end) as churned_days
    from rules
),

neighbours as (
    select
        customer_id,
        ordered_on,
        lag(ordered_on) over (
            partition by customer_id order by ordered_on asc nulls last
        ) as previous_on,
        lead(ordered_on) over (
            partition by customer_id order by ordered_on asc nulls last
        ) as next_on
    from {{ ref('fct_orders') }}
    where ordered_on <= {{ as_of() }}
),

run_ends as (
    select
        neighbours.*,
        previous_on is null
        or {{ days_between('previous_on', 'ordered_on') }} > warm_days as is_first,
        next_on is null
        or {{ days_between('ordered_on', 'next_on') }} > warm_days as is_last,
        case
            when previous_on is null then 'first_purchase'
            when {{ days_between('previous_on', 'ordered_on') }} > churned_days
                then 'return'
            else 'purchase'
        end as began_by
    from neighbours
    cross join thresholds
),

-- The row of a run's first purchase looks ahead to the row of its last one.
paired as (
    select
        *,
        lead(ordered_on) over (
            partition by customer_id
            order by ordered_on asc nulls last, is_last asc nulls last
        ) as last_on,
        lead(next_on) over (
            partition by customer_id
            order by ordered_on asc nulls last, is_last asc nulls last
        ) as next_run_on
    from run_ends
    where is_first or is_last
),

runs as (
    select
        customer_id,
        ordered_on as began_on,
        began_by,
        case when is_last then ordered_on else last_on end as last_on,
        coalesce(
            case when is_last then next_on else next_run_on end,
            {{ add_days(as_of(), 1) }}
        ) as ended_on
    from paired
    where is_first
),

-- A new or returned customer is not called active before that head start is over.
spans as (
    select
        runs.customer_id,
        rules.state,
        case
            when rules.clock <> 'purchase' then runs.began_on
            when rules.from_days = 0
                then {{ add_days('runs.began_on', 'coalesce(heads.until_days, 0)') }}
            else {{ add_days('runs.last_on', 'rules.from_days') }}
        end as from_on,
        case
            when rules.clock <> 'purchase'
                then {{ add_days('runs.began_on', 'rules.until_days') }}
            else {{ add_days('runs.last_on', 'rules.until_days') }}
        end as until_on,
        runs.ended_on
    from runs
    left join rules as heads
        on heads.clock = runs.began_by and heads.clock <> 'purchase'
    inner join rules
        on rules.clock = 'purchase' or rules.clock = runs.began_by
)

select
    customer_id,
    state,
    from_on,
    {{ add_days('least(until_on, ended_on)', -1) }} as to_on
from spans
where from_on < least(until_on, ended_on)
