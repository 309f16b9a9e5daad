-- Question: on which days does opening + entered - left = closing not hold, or
--   opening differ from yesterday's closing?
-- Grain: one row per day and state that does not balance.
-- Expected on the demo: no rows.
with days as (
    select
        *,
        lag(closing_customers, 1, 0) over (
            partition by state
            order by day_on
        ) as closing_yesterday
    from marts.customer_lifecycle_flows
)

select
    day_on,
    state,
    opening_customers,
    entered_customers,
    left_customers,
    closing_customers
from days
where
    opening_customers + entered_customers - left_customers <> closing_customers
    or opening_customers <> closing_yesterday
order by day_on, state;
