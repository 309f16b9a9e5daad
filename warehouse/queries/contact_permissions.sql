-- Question: whom may we contact, and whom may we profile?
-- Grain: one row per pair of decisions; null = never asked, which is no consent.
-- Expected on the demo: 1 row: nobody of 2469 was asked.
select
    is_marketing_granted,
    is_profiling_granted,
    count(*) as customers
from marts.customer_360
group by all
order by
    customers desc,
    is_marketing_granted asc nulls last,
    is_profiling_granted asc nulls last;
