-- One row per customer and run of days in one lifecycle state, from the first day on record to
-- as_of. Traps: both ends belong to the period; the last one ends at as_of because nothing is
-- known after it, not because the state ended. Whoever ever had a contract follows the contract
-- rules all along; before the first contract or purchase a registered person is a prospect.
with contract_customers as (
    select distinct customer_id from {{ ref('contract_lifecycle_periods') }}
),

followed as (
    select customer_id, 'contract' as basis, state, from_on, to_on
    from {{ ref('contract_lifecycle_periods') }}
    union all
    select purchases.customer_id, 'purchase' as basis, purchases.state, purchases.from_on,
        purchases.to_on
    from {{ ref('purchase_lifecycle_periods') }} as purchases
    left join contract_customers
        on contract_customers.customer_id = purchases.customer_id
    where contract_customers.customer_id is null
),

firsts as (
    select
        customer_id,
        min(basis) as basis,
        min(from_on) as first_on
    from followed
    group by customer_id
),

registrations as (
    select
        customer_id,
        greatest(min(registered_on), cast('{{ var("start_on") }}' as date)) as known_on
    from {{ ref('int_registrations_identified') }}
    where customer_id is not null and registered_on <= {{ as_of() }}
    group by customer_id
),

prospects as (
    select
        registrations.customer_id,
        coalesce(firsts.basis, 'any') as basis,
        'prospect' as state,
        registrations.known_on as from_on,
        coalesce({{ add_days('firsts.first_on', -1) }}, {{ as_of() }}) as to_on
    from registrations
    left join firsts
        on firsts.customer_id = registrations.customer_id
    where firsts.first_on is null or registrations.known_on < firsts.first_on
),

together as (
    select customer_id, basis, state, from_on, to_on from followed
    union all
    select customer_id, basis, state, from_on, to_on from prospects
),

stages as (
    select distinct state, stage from {{ ref('lifecycle_rules') }}
)

select
    together.customer_id,
    together.basis,
    together.state,
    stages.stage,
    together.from_on,
    together.to_on
from together
left join stages
    on stages.state = together.state
