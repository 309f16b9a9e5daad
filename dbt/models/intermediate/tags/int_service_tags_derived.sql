-- One row per contact and tag that it is evidence of, with the day from which the tag holds.
-- Trap: how long it holds is in the registry; here stands an end only where the contact itself
-- has one.
with registry as (
    select tag, threshold from {{ ref('tag_registry') }}
),

contacts as (
    select
        *,
        cast(opened_at as date) as opened_on,
        cast(closed_at as date) as closed_on,
        lag(cast(opened_at as date), 2) over (
            partition by customer_id, interaction_type
            order by
                opened_at asc nulls last, source_system asc nulls last,
                interaction_key asc nulls last
        ) as third_last_on
    from {{ ref('int_interactions_identified') }}
    where
        customer_id is not null
        and direction is distinct from 'outbound'
        and interaction_type <> 'look-up'
),

evidence as (
    select
        contacts.customer_id,
        registry.tag,
        case when registry.tag = 'service_topic' then contacts.topic end as tag_value,
        contacts.opened_on as from_on,
        case when registry.tag = 'open_ticket' then contacts.closed_on end as to_on
    from contacts
    inner join registry
        on (
            registry.tag in ('complaint_30d', 'complaint_91d')
            and contacts.interaction_type = 'complaint'
        )
        or (
            registry.tag = 'repeat_caller'
            and contacts.interaction_type = 'call'
            and contacts.third_last_on > {{ add_days('contacts.opened_on', -30) }}
        )
        or (registry.tag = 'unhappy' and contacts.satisfaction_score <= registry.threshold)
        or (registry.tag = 'open_ticket' and contacts.interaction_type <> 'call')
        or (registry.tag = 'service_topic' and contacts.topic is not null)
        or (registry.tag = 'asked_to_cancel' and contacts.topic = 'CANCELLATION')
)

select
    customer_id,
    tag,
    tag_value,
    cast(1 as double) as confidence,
    from_on,
    to_on
from evidence
