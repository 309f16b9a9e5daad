-- Question: how do customers move between value tiers?
-- Grain: one row per month, tier before and tier now; null before = new customer.
-- Expected on the demo: 1983 new customers in January 2017, 497 of them
--   bronze.
select
    month_on,
    from_tier,
    to_tier,
    count(*) as customers
from marts.tier_changes
group by all
order by month_on asc, from_tier asc nulls first, to_tier asc;
