-- One row per contact, visit day, consent, answer or text of a customer, as one list: what the
-- timeline takes from other places than orders, holdings and bills. Trap: events of one visit
-- day and device class are one row.
select
    customer_id,
    case when direction = 'outbound' then 'outbound_call' else interaction_type end
        as event_type,
    channel,
    topic as detail,
    source_system,
    interaction_key as event_key,
    cast(1 as bigint) as event_count,
    opened_at as timed_at,
    cast(opened_at as date) as occurred_on
from {{ ref('int_interactions_identified') }}
where customer_id is not null and opened_at is not null
union all
select
    customer_id,
    'web_visit' as event_type,
    case when device_type = 'app' then 'app' else 'web' end as channel,
    max(case when event_type in ('order', 'basket', 'form') then event_type end) as detail,
    source_system,
    min(web_event_key) as event_key,
    count(*) as event_count,
    min(occurred_at) as timed_at,
    cast(min(occurred_at) as date) as occurred_on
from {{ ref('int_web_events_identified') }}
where customer_id is not null and not is_bot and occurred_at is not null
group by
    customer_id,
    source_system,
    case when device_type = 'app' then 'app' else 'web' end,
    cast(occurred_at as date)
union all
select
    customer_id,
    'consent' as event_type,
    channel,
    purpose || case when is_granted then ' granted' else ' refused' end as detail,
    source_system,
    consent_key as event_key,
    cast(1 as bigint) as event_count,
    decided_at as timed_at,
    cast(decided_at as date) as occurred_on
from {{ ref('int_consents_identified') }}
where customer_id is not null and decided_at is not null
union all
select
    customer_id,
    'feedback' as event_type,
    channel,
    cast(rating as string) as detail,
    source_system,
    feedback_key as event_key,
    cast(1 as bigint) as event_count,
    given_at as timed_at,
    cast(given_at as date) as occurred_on
from {{ ref('int_feedback_identified') }}
where customer_id is not null and given_at is not null
union all
select
    customer_id,
    'survey_answer' as event_type,
    cast(null as string) as channel,
    survey_key || ' ' || cast(answer_score as string) as detail,
    source_system,
    response_key as event_key,
    cast(1 as bigint) as event_count,
    answered_at as timed_at,
    cast(answered_at as date) as occurred_on
from {{ ref('int_surveys_identified') }}
where customer_id is not null and answered_at is not null
union all
select
    customer_id,
    'campaign_contact' as event_type,
    min(channel) as channel,
    campaign_id as detail,
    min(source_system) as source_system,
    campaign_id as event_key,
    cast(1 as bigint) as event_count,
    cast(null as timestamp) as timed_at,
    min(contacted_on) as occurred_on
from {{ ref('int_campaign_contacts_identified') }}
where customer_id is not null and contacted_on is not null
group by customer_id, campaign_id
union all
select
    customer_id,
    'campaign_response' as event_type,
    cast(null as string) as channel,
    response_type as detail,
    source_system,
    campaign_id || ' ' || response_type || ' ' || coalesce(coupon_id, '')
        || ' ' || cast(responded_on as string) as event_key,
    count(*) as event_count,
    cast(null as timestamp) as timed_at,
    responded_on as occurred_on
from {{ ref('int_campaign_responses_identified') }}
where customer_id is not null and responded_on is not null
group by customer_id, response_type, campaign_id, coupon_id, source_system, responded_on
