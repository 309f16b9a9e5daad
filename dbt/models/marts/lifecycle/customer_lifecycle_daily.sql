{{ config(materialized='view') }}
-- One row per customer and day from the first day on record to as_of, with exactly one state.
-- Trap: a view over the periods; filter by day or customer, or it counts every pair.
select
    periods.customer_id,
    periods.basis,
    periods.state,
    periods.stage,
    dates.day_on
from {{ ref('customer_lifecycle_periods') }} as periods
inner join {{ ref('dim_dates') }} as dates
    on dates.day_on between periods.from_on and periods.to_on
