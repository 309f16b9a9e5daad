-- One row per page view or action. Traps: a cookie may be several people; the login stands from
-- the log-in of a visit on and not before; only machines that say so are marked as such, null
-- is not judged.
select
    'web' as source_system,
    event_id as web_event_key,
    visitor_id as visitor_key,
    'web:' || login as customer_key,
    event_type,
    page_url,
    referrer_url,
    page_element,
    product_key,
    device_type,
    country,
    region,
    case
        when lower(user_agent) like '%bot%' then true
        when lower(user_agent) like '%spider%' then true
        when lower(user_agent) like '%monitor%' then true
    end as is_bot,
    occurred_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'web__events') }}
where {{ is_current_load() }}
