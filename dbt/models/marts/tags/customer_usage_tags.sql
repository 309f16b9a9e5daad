{{ config(materialized='view') }}
-- One row per customer, month and tag that the month's use is evidence of. Trap: a month tells
-- at its end; the running one has told only what it holds so far.
with registry as (
    select tag, threshold from {{ ref('tag_registry') }}
),

months as (
    select
        customer_id,
        month_on,
        cast(sum(roaming_seconds) as bigint) as roaming_seconds,
        cast(sum(volume_bytes) as bigint) as volume_bytes,
        cast(sum(
            case when usage_type in ('local', 'long_distance') then duration_seconds else 0 end
        ) as bigint) as voice_seconds,
        cast(sum(case when usage_type = 'long_distance' then duration_seconds else 0 end)
            as bigint) as long_distance_seconds,
        cast(sum(case when usage_type = 'sms' then event_count else 0 end) as bigint)
            as message_count
    from {{ ref('customer_usage_months') }}
    group by customer_id, month_on
)

select
    months.customer_id,
    registry.tag,
    cast(null as string) as tag_value,
    cast(1 as double) as confidence,
    months.month_on as from_on,
    cast(null as date) as to_on
from months
inner join registry
    on (registry.tag = 'traveller' and months.roaming_seconds > 0)
    or (registry.tag = 'heavy_data' and months.volume_bytes >= registry.threshold)
    or (registry.tag = 'heavy_caller' and months.voice_seconds >= registry.threshold)
    or (
        registry.tag = 'long_distance_caller'
        and months.long_distance_seconds >= registry.threshold
    )
    or (registry.tag = 'texter' and months.message_count >= registry.threshold)
