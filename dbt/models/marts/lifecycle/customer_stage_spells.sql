-- One row per customer and unbroken run of days in one lifecycle stage, whatever state or
-- segment. Trap: the last one ends at as_of because nothing is known after it, not because the
-- customer left the stage.
with changes as (
    select
        customer_id,
        stage,
        from_on,
        lag(stage) over (
            partition by customer_id order by from_on asc nulls last
        ) as previous_stage
    from {{ ref('customer_lifecycle_periods') }}
),

begun as (
    select
        customer_id,
        stage,
        previous_stage,
        lead(stage) over (
            partition by customer_id order by from_on asc nulls last
        ) as next_stage,
        from_on,
        lead(from_on) over (
            partition by customer_id order by from_on asc nulls last
        ) as next_on
    from changes
    where previous_stage is null or previous_stage <> stage
),

ended as (
    select
        *,
        coalesce({{ add_days('next_on', -1) }}, {{ as_of() }}) as to_on
    from begun
)

select
    customer_id,
    stage,
    previous_stage,
    next_stage,
    cast({{ days_between('from_on', 'to_on') }} + 1 as bigint) as spell_days,
    from_on,
    to_on
from ended
