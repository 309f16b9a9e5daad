-- Question: what happened with one customer, from the first day to the last? (Here the one
--   with most events; put a number in its place.)
-- Grain: one row per event of the customer.
-- Expected on the demo: 788 rows.
with busiest as (
    select customer_id
    from marts.customer_timeline
    group by customer_id
    order by count(*) desc, customer_id asc
    limit 1
)

select
    events.occurred_at,
    events.event_type,
    events.channel,
    events.detail,
    events.event_count,
    events.amount,
    events.source_system
from marts.customer_timeline as events
inner join busiest
    on busiest.customer_id = events.customer_id
order by events.occurred_at, events.event_type, events.event_key;
