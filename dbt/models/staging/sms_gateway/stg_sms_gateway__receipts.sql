-- One row per receipt. Traps: some arrive a day after the message, some never; clocks are
-- eight hours ahead of UTC all year. Feeds no conformed entity yet.
select
    'sms_gateway' as source_system,
    msg_id as message_key,
    status,
    error_code,
    received_at - interval '8' hour as received_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'sms_gateway__receipts') }}
where {{ is_current_load() }}
