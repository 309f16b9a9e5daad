-- One row per calendar month with usage: the fingerprint of the loads that hold its records.
-- Trap: months are those of the operator's clocks, as the files are.
with loads as (
    {{ loads_of(['usage_events']) }}
),

month_loads as (
    select
        cast(date_trunc('month', business_on) as date) as month_on,
        load_id
    from loads
)

select
    month_on,
    {{ fingerprint('load_id') }} as input_hash
from month_loads
group by month_on
