-- One row per customer whom we contacted, or who responded. Traps: who was held back was not
-- contacted; a contact that is planned in one system and sent by another is one; an outbound
-- call is one attempt, answered or not.
with firsts as (
    select campaign_id, customer_id, min(contacted_on) as contacted_on
    from {{ ref('int_campaign_contacts_identified') }}
    where customer_id is not null
    group by campaign_id, customer_id
),

contacts as (
    select customer_id, contacted_on, {{ days_between('contacted_on', as_of()) }} as age_days
    from firsts
),

calls as (
    select
        customer_id,
        cast(opened_at as date) as called_on,
        {{ days_between('cast(opened_at as date)', as_of()) }} as age_days
    from {{ ref('int_interactions_identified') }}
    where customer_id is not null and direction = 'outbound'
),

responses as (
    select customer_id, responded_on, {{ days_between('responded_on', as_of()) }} as age_days
    from {{ ref('int_campaign_responses_identified') }}
    where customer_id is not null
),

contact_totals as (
    select
        customer_id,
        {{ count_within(91) }} as campaign_contact_count_91d,
        {{ count_within(365) }} as campaign_contact_count_365d,
        max(contacted_on) as last_contact_on
    from contacts
    group by customer_id
),

call_totals as (
    select
        customer_id,
        {{ count_within(91) }} as outbound_call_count_91d,
        max(called_on) as last_outbound_call_on
    from calls
    group by customer_id
),

response_totals as (
    select
        customer_id,
        {{ count_within(365) }} as response_count_365d,
        max(responded_on) as last_response_on
    from responses
    group by customer_id
),

seen as (
    select customer_id from contact_totals
    union
    select customer_id from call_totals
    union
    select customer_id from response_totals
)

select
    seen.customer_id,
    coalesce(contact_totals.campaign_contact_count_91d, 0) as campaign_contact_count_91d,
    coalesce(contact_totals.campaign_contact_count_365d, 0) as campaign_contact_count_365d,
    coalesce(call_totals.outbound_call_count_91d, 0) as outbound_call_count_91d,
    coalesce(response_totals.response_count_365d, 0) as response_count_365d,
    contact_totals.last_contact_on,
    call_totals.last_outbound_call_on,
    response_totals.last_response_on
from seen
left join contact_totals on contact_totals.customer_id = seen.customer_id
left join call_totals on call_totals.customer_id = seen.customer_id
left join response_totals on response_totals.customer_id = seen.customer_id
