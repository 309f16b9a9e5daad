{{ config(meta={
    'asset': 'marts.lifecycle_rules', 'dimension': 'validity', 'owner': 'customer-analytics', 'capability': ['LIF-1'],
}) }}
-- A returned row is a lifecycle rule that leaves days without a state or with two: states on
-- the purchase clock must begin at 0, follow each other and end open; the head start of new
-- and returned customers must end before they can cool down.
with rules as (
    select
        *,
        lag(until_days, 1, 0) over (
            partition by clock order by from_days asc nulls last
        ) as previous_until,
        row_number() over (
            partition by clock order by from_days desc nulls last
        ) as position_from_last
    from {{ ref('lifecycle_rules') }}
),

cooling as (
    select min(until_days) as cool_after from rules where clock = 'purchase'
)

select
    rules.state,
    rules.clock,
    rules.from_days,
    rules.until_days
from rules
cross join cooling
where
    rules.clock not in ('purchase', 'first_purchase', 'return')
    or coalesce(rules.from_days <> rules.previous_until, true)
    or (
        rules.clock = 'purchase'
        and (rules.position_from_last = 1) <> (rules.until_days is null)
    )
    or (
        rules.clock <> 'purchase'
        and coalesce(rules.until_days > cooling.cool_after, true)
    )
