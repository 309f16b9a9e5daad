-- One row per number of source systems that know a customer, three and more as 3. Trap: a
-- system counts once, however many records it has of the customer.
with sightings as (
    select
        source_system,
        customer_id
    from {{ ref('int_customer_keys_observed') }}
    where customer_id is not null
    union
    select
        source_system,
        customer_id
    from {{ ref('fct_orders') }}
    where customer_id is not null
),

customers as (
    select
        customer_id,
        least(count(*), 3) as system_count
    from sightings
    group by customer_id
)

select
    system_count,
    count(*) as customer_count,
    cast(count(*) as double) / cast(sum(count(*)) over () as double) as customers_share
from customers
group by system_count
