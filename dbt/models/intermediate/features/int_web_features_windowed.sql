{{ config(enabled=systems_feeding('web_events') | length > 0) }}
-- One row per cut-off and customer who was seen logged in on the website in the 91 days up to
-- it. Trap: only events whose login is a customer's count; machines do not.
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

delivered as (
    select
        customer_id,
        load_id,
        count(*) as event_count,
        count_if(event_type = 'login_failed') as failed_login_count
    from {{ ref('int_web_events_delivered') }}
    where
        load_id in (select load_id from recent_loads)
        and customer_id is not null
        and is_bot is distinct from true
    group by customer_id, load_id
),

web_days as (
    select
        delivered.customer_id,
        loads.cutoff_on,
        loads.business_on,
        loads.age_days,
        cast(sum(delivered.event_count) as bigint) as event_count,
        cast(sum(delivered.failed_login_count) as bigint) as failed_login_count
    from delivered
    inner join recent_loads as loads
        on loads.load_id = delivered.load_id
    group by delivered.customer_id, loads.cutoff_on, loads.business_on, loads.age_days
)

select
    days.customer_id,
    days.cutoff_on,
    {{ sum_within(28, 'event_count', 'bigint') }} as web_events_28d,
    {{ sum_within(91, 'event_count', 'bigint') }} as web_events_91d,
    {{ count_within(28) }} as web_days_28d,
    {{ count_within(91) }} as web_days_91d,
    {{ sum_within(28, 'failed_login_count', 'bigint') }} as failed_logins_28d,
    cast(min(age_days) as bigint) as web_recency_days,
    max(days.business_on) as newest_on,
    cutoffs.input_hash
from web_days as days
inner join cutoffs
    on cutoffs.cutoff_on = days.cutoff_on
group by days.customer_id, days.cutoff_on, cutoffs.input_hash
