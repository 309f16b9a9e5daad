-- One row per customer and month with anything that they did or that we did to them: orders,
-- use, contacts, campaigns. Traps: a call and the ticket opened in it are two contacts; months
-- of contacts are UTC; null = nothing recorded, which is 0 only where there is a source.
{%- set counts = [
    'order_count', 'usage_event_count', 'contact_count', 'complaint_count', 'score_count',
    'campaign_contact_count', 'campaign_response_count',
] %}
with contacts as (
    select
        customer_id,
        cast(date_trunc('month', opened_at) as date) as month_on,
        interaction_type,
        satisfaction_score
    from {{ ref('int_interactions_identified') }}
    where
        direction is distinct from 'outbound'
        and interaction_type <> 'look-up'
        and opened_at is not null
),

counted as (
    select customer_id, month_on, 'order_count' as measure, order_count as events
    from {{ ref('fct_customer_months') }}
    union all
    select customer_id, month_on, 'usage_event_count' as measure, event_count as events
    from {{ ref('customer_usage_months') }}
    union all
    select customer_id, month_on, 'contact_count' as measure, cast(1 as bigint) as events
    from contacts
    union all
    select customer_id, month_on, 'complaint_count' as measure, cast(1 as bigint) as events
    from contacts
    where interaction_type = 'complaint'
    union all
    select customer_id, month_on, 'score_count' as measure, cast(1 as bigint) as events
    from contacts
    where satisfaction_score is not null
    union all
    select
        customer_id,
        cast(date_trunc('month', contacted_on) as date) as month_on,
        'campaign_contact_count' as measure,
        cast(1 as bigint) as events
    from {{ ref('fct_campaign_contacts') }}
    union all
    select
        customer_id,
        cast(date_trunc('month', responded_on) as date) as month_on,
        'campaign_response_count' as measure,
        cast(1 as bigint) as events
    from {{ ref('int_campaign_responses_identified') }}
    where response_type not in ('refusal', 'declined')
),

scores as (
    select
        customer_id,
        month_on,
        cast(sum(satisfaction_score) as decimal(18, 2)) as score_sum
    from contacts
    group by customer_id, month_on
),

summed as (
    select
        customer_id,
        month_on,
        {%- for name in counts %}
        cast(sum(case when measure = '{{ name }}' then events end) as bigint) as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from counted
    where customer_id is not null and month_on is not null
    group by customer_id, month_on
)

select
    summed.customer_id,
    {%- for name in counts %}
    summed.{{ name }},
    {%- endfor %}
    scores.score_sum,
    summed.month_on
from summed
left join scores
    on scores.customer_id = summed.customer_id
    and scores.month_on = summed.month_on
