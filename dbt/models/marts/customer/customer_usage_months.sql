{{ config(materialized='view') }}
-- One row per customer, kind of usage and month with any usage. Traps: months are those of the
-- operator's clocks; a line counts for its last holder, and once, should two systems know it.
with lines as (
    select
        subscription_key,
        customer_id,
        row_number() over (
            partition by subscription_key order by source_system asc nulls last
        ) as line_rank
    from {{ ref('dim_users') }}
    where customer_id is not null
),

usage as (
    {%- if 'mediation' in var('sources_enabled') %}
    select * from {{ ref('fct_usage_months') }}
    {%- else %}
    select
        cast(null as string) as subscription_key,
        cast(null as string) as usage_type,
        cast(null as bigint) as event_count,
        cast(null as bigint) as duration_seconds,
        cast(null as bigint) as volume_bytes,
        cast(null as bigint) as roaming_seconds,
        cast(null as decimal(18, 6)) as charge_amount,
        cast(null as date) as month_on
    where 1 = 0
    {%- endif %}
)

select
    lines.customer_id,
    usage.usage_type,
    cast(sum(usage.event_count) as bigint) as event_count,
    cast(sum(usage.duration_seconds) as bigint) as duration_seconds,
    cast(sum(usage.volume_bytes) as bigint) as volume_bytes,
    cast(sum(usage.roaming_seconds) as bigint) as roaming_seconds,
    cast(sum(usage.charge_amount) as decimal(18, 6)) as charge_amount,
    usage.month_on
from usage
inner join lines
    on lines.subscription_key = usage.subscription_key
    and lines.line_rank = 1
group by lines.customer_id, usage.usage_type, usage.month_on
