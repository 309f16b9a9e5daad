-- One row per look-up of a business. Traps: the service's clocks are eight hours ahead of UTC
-- all year; it knows callers by number alone, and the key says msisdn: so that nothing joins
-- by chance.
select
    'directory' as source_system,
    query_no as interaction_key,
    'msisdn:' || caller_no as customer_key,
    cast(null as string) as agent_key,
    'look-up' as interaction_type,
    'phone' as channel,
    'inbound' as direction,
    category as topic,
    result as status,
    cast(null as decimal(5, 2)) as satisfaction_score,
    asked_at - interval '8' hour as opened_at,
    asked_at - interval '8' hour + seconds * interval '1' second as closed_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'directory__lookups') }}
where {{ is_current_load() }}
