-- One row per customer, run of contracts and calendar week in which one ran, over by as_of.
-- Trap: weeks without use are here, with 0; without a source of usage all are 0.
with usage as (
    {%- if 'mediation' in var('sources_enabled', []) %}
    select subscription_key, day_on, event_count from {{ ref('fct_usage_days') }}
    {%- else %}
    select
        cast(null as string) as subscription_key,
        cast(null as date) as day_on,
        cast(null as bigint) as event_count
    where 1 = 0
    {%- endif %}
),

-- The systems of a pack share the number of a line.
lines as (
    select
        subscription_key,
        customer_id,
        row_number() over (
            partition by subscription_key
            order by started_on desc nulls last, source_system asc nulls last
        ) as holder_rank
    from {{ ref('int_subscriptions_identified') }}
    where customer_id is not null
),

used as (
    select
        lines.customer_id,
        cast(date_trunc('week', usage.day_on) as date) as week_on,
        cast(sum(usage.event_count) as bigint) as event_count,
        count(distinct usage.day_on) as active_days
    from usage
    inner join lines
        on lines.subscription_key = usage.subscription_key and lines.holder_rank = 1
    group by lines.customer_id, cast(date_trunc('week', usage.day_on) as date)
),

weeks as (
    select
        week_on,
        max(day_on) as last_on
    from {{ ref('dim_dates') }}
    group by week_on
    having count(*) = 7
)

select
    spans.customer_id,
    spans.span_no,
    cast(
        {{ days_between(
            'greatest(spans.started_on, weeks.week_on)',
            'least(coalesce(spans.ended_on, weeks.last_on), weeks.last_on)'
        ) }} + 1 as bigint
    ) as served_days,
    coalesce(used.event_count, 0) as event_count,
    coalesce(used.active_days, 0) as active_days,
    weeks.week_on
from {{ ref('contract_spans') }} as spans
inner join weeks
    on weeks.last_on >= spans.started_on
    and (spans.ended_on is null or weeks.week_on <= spans.ended_on)
left join used
    on used.customer_id = spans.customer_id and used.week_on = weeks.week_on
