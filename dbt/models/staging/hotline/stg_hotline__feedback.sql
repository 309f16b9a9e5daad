-- One row per complaint, praise or written enquiry in words. Traps: most people are known by
-- phone only; what came by phone are the agent's words.
select
    'hotline' as source_system,
    complaint_id as feedback_key,
    coalesce(cast(customer_number as string), 'msisdn:' || caller_number) as customer_key,
    channel,
    language,
    cast(null as decimal(5, 2)) as rating,
    complaint_text as feedback_text,
    received_at - interval '8' hour as given_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'hotline__complaints') }}
where {{ is_current_load() }}
