-- One row per campaign contact or response and tag that it is evidence of. Trap: a refusal is
-- an answer, but no response that anybody hoped for.
with registry as (
    select tag from {{ ref('tag_registry') }}
),

-- Planned in one system and sent by another is one contact.
firsts as (
    select campaign_id, customer_id, min(contacted_on) as contacted_on
    from {{ ref('int_campaign_contacts_identified') }}
    where customer_id is not null and contacted_on is not null
    group by campaign_id, customer_id
),

contacts as (
    select
        customer_id,
        contacted_on,
        lag(contacted_on, 2) over (
            partition by customer_id
            order by contacted_on asc nulls last, campaign_id asc nulls last
        ) as third_last_on
    from firsts
),

evidence as (
    select contacts.customer_id, registry.tag, contacts.contacted_on as from_on
    from contacts
    inner join registry
        on registry.tag = 'contacted_7d'
        or (
            registry.tag = 'heavily_contacted'
            and contacts.third_last_on > {{ add_days('contacts.contacted_on', -7) }}
        )
    union all
    select responses.customer_id, registry.tag, responses.responded_on as from_on
    from {{ ref('int_campaign_responses_identified') }} as responses
    inner join registry
        on (
            registry.tag = 'refuser'
            and responses.response_type in ('refusal', 'declined')
        )
        or (
            registry.tag = 'responder'
            and responses.response_type not in ('refusal', 'declined')
        )
        or (registry.tag = 'coupon_user' and responses.coupon_id is not null)
    where responses.customer_id is not null and responses.responded_on is not null
)

select
    customer_id,
    tag,
    cast(null as string) as tag_value,
    cast(1 as double) as confidence,
    from_on,
    cast(null as date) as to_on
from evidence
