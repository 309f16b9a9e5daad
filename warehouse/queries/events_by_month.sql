-- Question: what happened between customers and us, month by month?
-- Grain: one row per month and kind of event.
-- Expected on the demo: 48 rows; 12807 orders in January 2017.
select
    cast(date_trunc('month', occurred_on) as date) as month_on,
    event_type,
    count(*) as events,
    count(distinct customer_id) as customers,
    sum(amount) as amount
from marts.customer_timeline
where occurred_on >= (select min(day_on) from marts.dim_dates)
group by all
order by month_on asc, events desc, event_type asc;
