-- One row per event on a website or app, with our customer_id. Traps: before the log-in of a
-- visit nobody is known, and the id is null; a machine that hides is not marked.
select
    source_system,
    web_event_key,
    visitor_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    event_type,
    page_url,
    page_element,
    product_key,
    device_type,
    coalesce(is_bot, false) as is_bot,
    occurred_at,
    business_on,
    load_id
from {{ ref('web_events') }}
