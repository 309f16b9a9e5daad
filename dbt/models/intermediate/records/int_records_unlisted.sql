-- One row per customer number that an order or a line bears and no customer record does. Trap:
-- a late customer file makes its new customers unlisted for a day; the number is the record's
-- key, so they keep their customer_id when it comes.
with named as (
    select
        source_system,
        customer_key,
        ordered_on as seen_on
    from {{ ref('order_lines') }}
    union all
    select
        source_system,
        customer_key,
        started_on as seen_on
    from {{ ref('subscriptions') }}
),

listed as (
    select distinct
        source_system,
        customer_key
    from {{ ref('customers') }}
)

select
    named.source_system,
    named.customer_key,
    min(named.seen_on) as registered_on
from named
left join listed
    on listed.source_system = named.source_system
    and listed.customer_key = named.customer_key
where
    listed.customer_key is null
    and named.customer_key is not null
    and named.customer_key not like '%:%'
group by named.source_system, named.customer_key
