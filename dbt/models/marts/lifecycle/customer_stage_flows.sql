-- One row per day, lifecycle stage and segment. Traps: who changes segment leaves one row and
-- enters another; entering and leaving happen on the first day of the new one, so that
-- opening + entered - left = closing on every row.
with periods as (
    select * from {{ ref('customer_stage_periods') }}
),

moves as (
    select
        from_on as day_on,
        stage,
        segment,
        count(*) as entered_customers,
        0 as left_customers
    from periods
    group by from_on, stage, segment
    union all
    select
        {{ add_days('to_on', 1) }} as day_on,
        stage,
        segment,
        0 as entered_customers,
        count(*) as left_customers
    from periods
    group by to_on, stage, segment
),

pairs as (
    select distinct stage, segment from periods
),

grid as (
    select
        dates.day_on,
        pairs.stage,
        pairs.segment
    from {{ ref('dim_dates') }} as dates
    cross join pairs
),

daily as (
    select
        grid.day_on,
        grid.stage,
        grid.segment,
        cast(coalesce(sum(moves.entered_customers), 0) as bigint) as entered_customers,
        cast(coalesce(sum(moves.left_customers), 0) as bigint) as left_customers
    from grid
    left join moves
        on moves.day_on = grid.day_on
        and moves.stage = grid.stage
        and moves.segment = grid.segment
    group by grid.day_on, grid.stage, grid.segment
),

running as (
    select
        *,
        cast(
            sum(entered_customers - left_customers) over (
                partition by stage, segment order by day_on asc nulls last
                rows between unbounded preceding and current row
            ) as bigint
        ) as closing_customers
    from daily
)

select
    stage,
    segment,
    closing_customers - entered_customers + left_customers as opening_customers,
    entered_customers,
    left_customers,
    closing_customers,
    day_on
from running
