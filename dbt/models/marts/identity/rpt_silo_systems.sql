-- One row per source system that names customers: how many of its keys are known customers.
-- Trap: orders count under their own system, by the ids they were given.
select
    source_system,
    count(*) as key_count,
    count(customer_id) as resolved_key_count,
    count(distinct customer_id) as customer_count,
    cast(count(customer_id) as double) / cast(count(*) as double) as resolved_share
from {{ ref('int_customer_keys_observed') }}
group by source_system
