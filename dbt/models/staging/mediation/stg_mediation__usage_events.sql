-- One row per usage record, which stands for event_count events of its kind. Traps: the
-- platform's clocks are eight hours ahead of UTC all year; business_on is the day by those
-- clocks. The peer's key hides the number from readers, not from those who know numbers.
select
    'mediation' as source_system,
    cast(record_id as string) as usage_key,
    cast(line_key as string) as subscription_key,
    cast(null as string) as customer_key,
    usage_type,
    direction,
    md5(peer_number) as peer_key,
    cell_key,
    event_count,
    duration_seconds,
    volume_bytes,
    charge as charge_amount,
    'CNY' as currency,
    is_on_net,
    is_roaming,
    call_start - interval '8' hour as started_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'mediation__usage') }}
where {{ is_current_load() }}
