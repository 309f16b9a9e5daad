-- One row per phone call and per ticket, the ticket as its newest change left it. Traps: a call
-- and the ticket opened in it are two contacts here, the ticket naming no call; most callers
-- are known by phone only; the centre's clocks are eight hours ahead of UTC all year.
with calls as (
    select * from {{ source('raw', 'hotline__calls') }}
    where {{ is_current_load() }}
),

tickets as (
    select *
    from {{ current_rows(source('raw', 'hotline__tickets'), key=['ticket_id']) }} as delivered
)

select
    'hotline' as source_system,
    call_id as interaction_key,
    coalesce(cast(customer_number as string), 'msisdn:' || caller_number) as customer_key,
    agent_id as agent_key,
    'call' as interaction_type,
    'phone' as channel,
    direction,
    topic_code as topic,
    outcome as status,
    cast(keypad_score as decimal(5, 2)) as satisfaction_score,
    started_at - interval '8' hour as opened_at,
    ended_at - interval '8' hour as closed_at,
    _business_on as business_on,
    _load_id as load_id
from calls
union all
select
    'hotline' as source_system,
    ticket_id as interaction_key,
    coalesce(cast(customer_number as string), 'msisdn:' || caller_number) as customer_key,
    agent_id as agent_key,
    case
        when ticket_type = 'complaint' then 'complaint'
        when channel in ('wechat', 'app') then 'chat'
        else 'ticket'
    end as interaction_type,
    channel,
    'inbound' as direction,
    topic_code as topic,
    status,
    cast(null as decimal(5, 2)) as satisfaction_score,
    opened_at - interval '8' hour as opened_at,
    closed_at - interval '8' hour as closed_at,
    _business_on as business_on,
    _load_id as load_id
from tickets
