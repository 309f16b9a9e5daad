-- Question: what did customers complain about, month by month?
-- Grain: one row per month and topic as the agent coded it; only callers we know.
-- Expected on the demo: no rows; the retailer delivers no contacts.
select
    cast(date_trunc('month', occurred_on) as date) as month_on,
    detail as topic,
    count(*) as complaints,
    count(distinct customer_id) as customers
from marts.customer_timeline
where event_type = 'complaint'
group by all
order by month_on asc, complaints desc, topic asc;
