-- One row per day and state. Trap: entering and leaving happen on the first day of the new
-- state, so that opening + entered - left = closing on every row. Nobody leaves because
-- as_of comes: the day after it is not in the calendar.
with periods as (
    select * from {{ ref('customer_lifecycle_periods') }}
),

moves as (
    select
        from_on as day_on,
        state,
        count(*) as entered_customers,
        0 as left_customers
    from periods
    group by from_on, state
    union all
    select
        {{ add_days('to_on', 1) }} as day_on,
        state,
        0 as entered_customers,
        count(*) as left_customers
    from periods
    group by to_on, state
),

-- The states of the kinds of business that there are.
bases as (
    select distinct case when state = 'prospect' then 'any' else basis end as basis
    from periods
),

states as (
    select distinct rules.state
    from {{ ref('lifecycle_rules') }} as rules
    inner join bases
        on bases.basis = rules.basis
),

grid as (
    select
        dates.day_on,
        states.state
    from {{ ref('dim_dates') }} as dates
    cross join states
),

daily as (
    select
        grid.day_on,
        grid.state,
        cast(coalesce(sum(moves.entered_customers), 0) as bigint) as entered_customers,
        cast(coalesce(sum(moves.left_customers), 0) as bigint) as left_customers
    from grid
    left join moves
        on moves.day_on = grid.day_on and moves.state = grid.state
    group by grid.day_on, grid.state
),

running as (
    select
        *,
        cast(
            sum(entered_customers - left_customers) over (
                partition by state order by day_on asc nulls last
                rows between unbounded preceding and current row
            ) as bigint
        ) as closing_customers
    from daily
)

select
    day_on,
    state,
    closing_customers - entered_customers + left_customers as opening_customers,
    entered_customers,
    left_customers,
    closing_customers
from running
