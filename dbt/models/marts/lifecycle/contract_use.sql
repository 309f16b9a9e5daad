-- One row per customer, run of contracts and week: use of the last four weeks against the
-- twelve before. Traps: a week is known once it is over and tells about the week after; the
-- index is cleaned of what all customers did (seasons); few days of use are weak evidence.
{%- set sums = ['served_days', 'event_count', 'active_days'] %}
{%- set frames = [
    ('recent', '3 preceding and current row'), ('base', '15 preceding and 4 preceding')
] %}
with windowed as (
    select
        customer_id,
        span_no,
        week_on,
        {%- for name in sums %}
        {%- for part, frame in frames %}
        cast(
            coalesce(
                sum({{ name }}) over (
                    partition by customer_id, span_no order by week_on asc nulls last
                    rows between {{ frame }}
                ), 0
            ) as bigint
        ) as {{ part }}_{{ name }},
        {%- endfor %}
        {%- endfor %}
        max(case when active_days > 0 then week_on end) over (
            partition by customer_id, span_no order by week_on asc nulls last
            rows between unbounded preceding and current row
        ) as used_week_on
    from {{ ref('contract_weeks') }}
),

rates as (
    select
        *,
        recent_event_count / cast(nullif(recent_served_days, 0) as double) as recent_rate,
        base_event_count / cast(nullif(base_served_days, 0) as double) as base_rate
    from windowed
),

-- What all customers did together in the same weeks.
common as (
    select
        week_on,
        cast(sum(recent_event_count) as bigint)
        / cast(nullif(cast(sum(recent_served_days) as bigint), 0) as double)
            as common_recent_rate,
        cast(sum(base_event_count) as bigint)
        / cast(nullif(cast(sum(base_served_days) as bigint), 0) as double) as common_base_rate
    from windowed
    where base_served_days >= 28
    group by week_on
),

indexed as (
    select
        rates.*,
        case
            when rates.recent_served_days = 28 and rates.base_served_days >= 28
                then
                    rates.recent_rate / nullif(rates.base_rate, 0)
                    / nullif(common.common_recent_rate / nullif(common.common_base_rate, 0), 0)
        end as use_index
    from rates
    left join common
        on common.week_on = rates.week_on
)

select
    customer_id,
    span_no,
    recent_active_days,
    cast(use_index as decimal(18, 6)) as use_index,
    -- Standard errors below 1, as if days of use came by chance at a steady rate.
    cast(
        -ln(case when use_index < 0.05 then 0.05 else use_index end) / sqrt(
            1.0 / greatest(recent_active_days, 1) + 1.0 / greatest(base_active_days, 1)
        ) as decimal(18, 6)
    ) as decline_evidence,
    cast({{ days_between('used_week_on', 'week_on') }} as bigint) as silent_days,
    cast(
        base_active_days / cast(nullif(base_served_days, 0) as double)
        * {{ days_between('used_week_on', 'week_on') }} as decimal(18, 6)
    ) as expected_active_days,
    used_week_on,
    week_on,
    {{ add_days('week_on', 7) }} as known_on
from indexed
