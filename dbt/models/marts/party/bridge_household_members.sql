-- One row per customer in a household. Traps: sources do not say when somebody moves, so a
-- membership lasts as long as they are our customer; the others at home are not known.
with records as (
    select
        customer_id,
        min(coalesce(registered_on, business_on)) as from_on
    from {{ ref('int_profiles_identified') }}
    where customer_id is not null
    group by customer_id
),

accounts as (
    select
        customer_id,
        max(coalesce(to_on, cast('9999-12-31' as date))) as until_on
    from {{ ref('bridge_customer_accounts') }}
    group by customer_id
)

select
    'H' || cast(households.founder_id as string) as household_id,
    households.customer_id,
    households.evidence,
    households.customer_id = households.founder_id as is_founder,
    records.from_on,
    nullif(accounts.until_on, cast('9999-12-31' as date)) as to_on
from {{ ref('int_households_detected') }} as households
inner join records
    on records.customer_id = households.customer_id
left join accounts
    on accounts.customer_id = households.customer_id
