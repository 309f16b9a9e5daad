-- One row per customer who was seen on the website or app. Traps: events before the log-in are
-- nobody's; days are UTC.
with events as (
    select
        customer_id,
        event_type,
        device_type,
        cast(occurred_at as date) as occurred_on,
        {{ days_between('cast(occurred_at as date)', as_of()) }} as age_days
    from {{ ref('int_web_events_identified') }}
    where customer_id is not null and not is_bot
)

select
    customer_id,
    count(*) as web_event_count,
    {{ count_within(91) }} as web_event_count_91d,
    count(distinct case when age_days < 91 then occurred_on end) as web_days_91d,
    {{ count_within(91, "event_type = 'search'") }} as web_search_count_91d,
    {{ count_within(91, "event_type = 'order'") }} as web_order_count_91d,
    {{ count_within(91, "device_type = 'app'") }} as app_event_count_91d,
    min(occurred_on) as first_web_on,
    max(occurred_on) as last_web_on
from events
group by customer_id
