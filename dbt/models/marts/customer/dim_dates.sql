-- One row per day from start_on to as_of, whether the shops were open or not.
with days as (
    {{ days_from_to("cast('" ~ var('start_on') ~ "' as date)", as_of()) }}
)

select
    day_on,
    cast(date_trunc('week', day_on) as date) as week_on,
    cast(date_trunc('month', day_on) as date) as month_on
from days
