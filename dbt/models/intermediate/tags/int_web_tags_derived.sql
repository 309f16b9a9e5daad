-- One row per customer, day and tag that the day's events are evidence of. Trap: only events
-- behind a log-in are anybody's.
with registry as (
    select tag from {{ ref('tag_registry') }}
),

events as (
    select
        customer_id,
        event_type,
        device_type,
        coalesce(page_element, '') as page_element,
        coalesce(page_url, '') as page_url,
        cast(occurred_at as date) as occurred_on
    from {{ ref('int_web_events_identified') }}
    where customer_id is not null and not is_bot
)

select distinct
    events.customer_id,
    registry.tag,
    cast(null as string) as tag_value,
    cast(1 as double) as confidence,
    events.occurred_on as from_on,
    cast(null as date) as to_on
from events
inner join registry
    on registry.tag = 'web_active'
    or (registry.tag = 'app_user' and events.device_type = 'app')
    or (registry.tag = 'web_buyer' and events.event_type = 'order')
    or (registry.tag = 'plan_browser' and events.page_url like '%/plans%')
    or (
        registry.tag = 'cancel_browser'
        and (events.page_element like '%cancel%' or events.page_url like '%/contract%')
    )
