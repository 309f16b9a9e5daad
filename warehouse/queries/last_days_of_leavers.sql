-- Question: what did customers do in the 90 days before they gave up their last line?
-- Grain: one row per kind of event and month before the end (0 = the last 30 days).
-- Expected on the demo: no rows; the retailer's customers hold no lines.
with leavers as (
    select customer_id, occurred_on as left_on
    from marts.customer_timeline
    where event_type = 'left'
)

select
    events.event_type,
    floor((leavers.left_on - events.occurred_on) / 30) as months_before,
    count(*) as events,
    count(distinct events.customer_id) as customers
from leavers
inner join marts.customer_timeline as events
    on events.customer_id = leavers.customer_id
    and events.occurred_on between leavers.left_on - 89 and leavers.left_on
    and events.event_type <> 'left'
group by all
order by events.event_type, months_before;
