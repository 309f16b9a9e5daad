-- Question: how many customers use the website or app, and how often?
-- Grain: one row per age band; days and events of the last 91 days, behind a log-in.
-- Expected on the demo: 7 rows without a user; the retailer delivers no web events.
select
    age_band,
    count(*) as customers,
    count(*) filter (web_event_count_91d > 0) as web_customers,
    count(*) filter (app_event_count_91d > 0) as app_customers,
    round(avg(web_days_91d) filter (web_event_count_91d > 0), 1) as mean_days
from marts.customer_360
group by age_band
order by age_band nulls last;
