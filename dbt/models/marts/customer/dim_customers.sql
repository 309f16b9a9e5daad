-- One row per customer seen in any source system. Trap: most customers have no demographics.
-- Whom a system knows by phone number or login only is nobody yet: null ids are left out.
with totals as (
    select * from {{ ref('customer_order_totals') }}
),

demographics as (
    select * from {{ ref('int_customers_unified') }}
),

seen as (
    select customer_id from totals
    union
    select customer_id from demographics
    union
    select customer_id from {{ ref('int_subscriptions_identified') }}
    where customer_id is not null
    union
    select customer_id from {{ ref('int_campaign_contacts_identified') }}
    where customer_id is not null
    union
    select customer_id from {{ ref('int_campaign_responses_identified') }}
    where customer_id is not null
)

select
    seen.customer_id,
    demographics.age_band,
    demographics.income_band,
    demographics.home_ownership,
    demographics.marital_status,
    demographics.household_size,
    demographics.household_composition,
    demographics.kids_count,
    demographics.customer_id is not null as has_demographics,
    totals.first_order_on,
    totals.last_order_on
from seen
left join demographics
    on demographics.customer_id = seen.customer_id
left join totals
    on totals.customer_id = seen.customer_id
