{{ config(enabled=systems_feeding('usage_events') | length > 0) }}
-- One row per cut-off and customer whose lines were used in the 91 days up to it. Trap: a
-- record names a line; whose line it was is what was known at the cut-off. Cost: the records
-- of the last 91 days are read once, then one row per line and delivery meets its cut-offs.
with cutoffs as (
    {{ partitions_to_build(feature_inputs(), 'cutoff_on') }}
),

known_loads as (
    {{ loads_at_cutoffs() }}
),

recent_loads as (
    select * from known_loads
    where age_days < 91
),

owners as (
    select
        *,
        row_number() over (
            partition by subscription_key, cutoff_on
            order by started_on desc nulls last, source_system asc nulls last
        ) as period_rank
    from ({{ subscriptions_at_cutoffs() }}) as versions
),

delivered as (
    select
        source_system,
        subscription_key,
        customer_id,
        load_id,
        {{ usage_sums() }}
    from {{ ref('int_usage_events_delivered') }}
    where load_id in (select load_id from recent_loads)
    group by source_system, subscription_key, customer_id, load_id
),

usage_days as (
    select
        coalesce(delivered.customer_id, owners.customer_id) as customer_id,
        loads.cutoff_on,
        loads.business_on,
        loads.age_days,
        cast(sum(delivered.call_seconds) as bigint) as call_seconds,
        cast(sum(delivered.out_seconds) as bigint) as out_seconds,
        cast(sum(delivered.off_net_seconds) as bigint) as off_net_seconds,
        cast(sum(delivered.roaming_events) as bigint) as roaming_events,
        cast(sum(delivered.messages) as bigint) as messages,
        cast(sum(delivered.data_bytes) as bigint) as data_bytes,
        cast(sum(delivered.charge_amount) as decimal(18, 6)) as charge_amount
    from delivered
    inner join recent_loads as loads
        on loads.load_id = delivered.load_id
    left join owners
        on owners.subscription_key = delivered.subscription_key
        and owners.cutoff_on = loads.cutoff_on
        and owners.period_rank = 1
    group by
        coalesce(delivered.customer_id, owners.customer_id),
        loads.cutoff_on, loads.business_on, loads.age_days
)

select
    days.customer_id,
    days.cutoff_on,
    {{ sum_within(28, 'call_seconds', 'bigint') }} as call_seconds_28d,
    {{ sum_within(91, 'call_seconds', 'bigint') }} as call_seconds_91d,
    cast(
        2 * {{ sum_within(28, 'call_seconds', 'bigint') }}
        - {{ sum_within(56, 'call_seconds', 'bigint') }} as bigint
    ) as call_seconds_change,
    cast({{ sum_within(91, 'off_net_seconds', 'bigint') }} as double)
    / nullif({{ sum_within(91, 'out_seconds', 'bigint') }}, 0) as off_net_share_91d,
    {{ sum_within(91, 'messages', 'bigint') }} as messages_91d,
    {{ sum_within(28, 'data_bytes', 'bigint') }} as data_bytes_28d,
    {{ sum_within(91, 'data_bytes', 'bigint') }} as data_bytes_91d,
    cast(
        2 * {{ sum_within(28, 'data_bytes', 'bigint') }}
        - {{ sum_within(56, 'data_bytes', 'bigint') }} as bigint
    ) as data_bytes_change,
    {{ sum_within(91, 'roaming_events', 'bigint') }} as roaming_events_91d,
    cast({{ sum_within(91, 'charge_amount', 'decimal(18, 6)') }} as double)
        as usage_charge_91d,
    {{ count_within(28) }} as usage_days_28d,
    {{ count_within(91) }} as usage_days_91d,
    cast(min(age_days) as bigint) as usage_recency_days,
    max(days.business_on) as newest_on,
    cutoffs.input_hash
from usage_days as days
inner join cutoffs
    on cutoffs.cutoff_on = days.cutoff_on
where days.customer_id is not null
group by days.customer_id, days.cutoff_on, cutoffs.input_hash
