-- One row per line, kind of usage and month, with the customer who held the line then. Trap:
-- without a source of usage there are no rows. Who used the line may be someone else.
with usage as (
    {%- if 'mediation' in var('sources_enabled', []) %}
    select
        subscription_key,
        usage_type,
        month_on,
        event_count,
        outgoing_event_count,
        duration_seconds,
        outgoing_on_net_seconds + outgoing_off_net_seconds + roaming_seconds
            as network_seconds,
        volume_bytes,
        active_days
    from {{ ref('fct_usage_months') }}
    {%- else %}
    select
        cast(null as string) as subscription_key,
        cast(null as string) as usage_type,
        cast(null as date) as month_on,
        cast(null as bigint) as event_count,
        cast(null as bigint) as outgoing_event_count,
        cast(null as bigint) as duration_seconds,
        cast(null as bigint) as network_seconds,
        cast(null as bigint) as volume_bytes,
        cast(null as bigint) as active_days
    where 1 = 0
    {%- endif %}
),

-- The systems of a pack share the number of a line.
months as (
    select distinct
        subscription_key,
        month_on
    from usage
),

holders as (
    select
        months.subscription_key,
        months.month_on,
        subscriptions.customer_id,
        row_number() over (
            partition by months.subscription_key, months.month_on
            order by
                subscriptions.started_on desc nulls last,
                subscriptions.source_system asc nulls last
        ) as holder_rank
    from months
    inner join {{ ref('int_subscriptions_identified') }} as subscriptions
        on subscriptions.subscription_key = months.subscription_key
        and subscriptions.started_on < {{ add_days('months.month_on', 31) }}
)

select
    holders.customer_id,
    usage.subscription_key,
    usage.usage_type,
    usage.month_on,
    usage.event_count,
    usage.outgoing_event_count,
    usage.duration_seconds,
    usage.network_seconds,
    usage.volume_bytes,
    usage.active_days
from usage
left join holders
    on holders.subscription_key = usage.subscription_key
    and holders.month_on = usage.month_on
    and holders.holder_rank = 1
