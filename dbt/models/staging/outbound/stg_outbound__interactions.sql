-- One row per dialling. Traps: most are not answered; clocks are eight hours ahead of UTC all
-- year.
select
    'outbound' as source_system,
    call_id as interaction_key,
    cast(customer_no as string) as customer_key,
    agent_no as agent_key,
    'call' as interaction_type,
    'phone' as channel,
    'outbound' as direction,
    campaign_id as topic,
    disposition as status,
    cast(null as decimal(5, 2)) as satisfaction_score,
    dialled_at - interval '8' hour as opened_at,
    dialled_at - interval '8' hour + talk_seconds * interval '1' second as closed_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'outbound__calls') }}
where {{ is_current_load() }}
