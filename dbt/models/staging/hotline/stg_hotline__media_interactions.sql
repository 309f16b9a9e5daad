-- One row per recording of a call; metadata only.
select
    'hotline' as source_system,
    recording_id as media_key,
    call_id as interaction_key,
    coalesce(cast(customer_number as string), 'msisdn:' || caller_number) as customer_key,
    agent_id as agent_key,
    media_type,
    priority,
    duration_seconds,
    size_bytes,
    recorded_at - interval '8' hour as recorded_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'hotline__recordings') }}
where {{ is_current_load() }}
