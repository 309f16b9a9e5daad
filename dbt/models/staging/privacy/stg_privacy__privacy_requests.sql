-- One row per request and change of its status. Trap: days of the operator, taken at noon UTC,
-- which is the same day in both zones.
select
    'privacy' as source_system,
    request_id as request_key,
    cast(customer_no as string) as customer_key,
    kind as request_type,
    status,
    cast(requested_on as timestamp) + interval '12' hour as requested_at,
    due_on,
    cast(completed_on as timestamp) + interval '12' hour as completed_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'privacy__requests') }}
where {{ is_current_load() }}
