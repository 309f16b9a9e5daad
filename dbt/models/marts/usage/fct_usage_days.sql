{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='month_on',
    pre_hook="{{ delete_stale_partitions(usage_month_inputs(), 'month_on') }}",
) }}
-- One row per line and day with any usage. Trap: days are those of the operator's clocks, not
-- of UTC; a day without usage has no row.
with months as (
    {{ partitions_to_build(usage_month_inputs(), 'month_on') }}
)

select
    events.source_system,
    events.subscription_key,
    cast(sum(events.event_count) as bigint) as event_count,
    cast(sum(coalesce(events.duration_seconds, 0)) as bigint) as duration_seconds,
    cast(sum(coalesce(events.volume_bytes, 0)) as bigint) as volume_bytes,
    events.business_on as day_on,
    months.month_on,
    months.input_hash
from {{ ref('usage_events') }} as events
inner join months
    on months.month_on = cast(date_trunc('month', events.business_on) as date)
group by
    events.source_system,
    events.subscription_key,
    events.business_on,
    months.month_on,
    months.input_hash
