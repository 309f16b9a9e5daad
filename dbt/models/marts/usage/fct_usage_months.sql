{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='month_on',
    pre_hook="{{ delete_stale_partitions(usage_month_inputs(), 'month_on') }}",
) }}
-- One row per line, kind of usage and calendar month with any usage. Traps: months are those of
-- the operator's clocks, not of UTC; outgoing seconds are of calls at home, as they are billed.
with months as (
    {{ partitions_to_build(usage_month_inputs(), 'month_on') }}
),

events as (
    select
        *,
        cast(date_trunc('month', business_on) as date) as month_on,
        coalesce(duration_seconds, 0) as seconds,
        case when direction = 'outgoing' then event_count else 0 end as outgoing_count,
        case
            when direction = 'outgoing' and not is_roaming then coalesce(duration_seconds, 0)
            else 0
        end as billed_seconds
    from {{ ref('usage_events') }}
)

select
    events.source_system,
    events.subscription_key,
    events.usage_type,
    events.currency,
    cast(sum(events.event_count) as bigint) as event_count,
    cast(sum(events.outgoing_count) as bigint) as outgoing_event_count,
    cast(sum(events.seconds) as bigint) as duration_seconds,
    cast(sum(case when events.is_on_net then events.billed_seconds else 0 end) as bigint)
        as outgoing_on_net_seconds,
    cast(sum(case when not events.is_on_net then events.billed_seconds else 0 end) as bigint)
        as outgoing_off_net_seconds,
    cast(sum(case when events.is_roaming then events.seconds else 0 end) as bigint)
        as roaming_seconds,
    cast(sum(coalesce(events.volume_bytes, 0)) as bigint) as volume_bytes,
    {{ days_of_month('events.business_on') }} as active_days,
    cast(sum(events.charge_amount) as decimal(18, 6)) as charge_amount,
    events.month_on,
    months.input_hash
from events
inner join months
    on months.month_on = events.month_on
group by
    events.source_system,
    events.subscription_key,
    events.usage_type,
    events.currency,
    events.month_on,
    months.input_hash
