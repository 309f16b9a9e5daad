{{ config(meta={
    'asset': 'marts.customer_lifecycle_periods', 'dimension': 'consistency', 'owner': 'customer-analytics', 'capability': ['LIF-1'],
}) }}
-- A returned row is a customer with days without a state or with two: a period that is not
-- followed at once by the next, that does not begin with the first contract, purchase or
-- registration (start_on, if that is later), that does not reach as_of, or a customer without
-- any period.
with periods as (
    select
        *,
        lag(to_on) over (
            partition by customer_id order by from_on asc nulls last, state asc nulls last
        ) as previous_to_on,
        lead(from_on) over (
            partition by customer_id order by from_on asc nulls last, state asc nulls last
        ) as next_from_on
    from {{ ref('customer_lifecycle_periods') }}
),

seen as (
    select customer_id, first_order_on as seen_on from {{ ref('customer_order_totals') }}
    where customer_id not in (select customer_id from {{ ref('contract_spans') }})
    union all
    select customer_id, started_on as seen_on from {{ ref('contract_spans') }}
    union all
    select customer_id, registered_on as seen_on from {{ ref('int_registrations_identified') }}
    where customer_id is not null and registered_on <= {{ as_of() }}
),

customers as (
    select
        customer_id,
        greatest(min(seen_on), cast('{{ var("start_on") }}' as date)) as first_on
    from seen
    group by customer_id
)

select
    customers.customer_id,
    periods.state,
    periods.from_on,
    periods.to_on
from customers
left join periods
    on periods.customer_id = customers.customer_id
where
    periods.customer_id is null
    or periods.from_on > periods.to_on
    or (periods.previous_to_on is null and periods.from_on <> customers.first_on)
    or (periods.next_from_on is null and periods.to_on <> {{ as_of() }})
    or periods.next_from_on <> {{ add_days('periods.to_on', 1) }}
