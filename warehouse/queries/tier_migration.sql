-- Question: how do customers move between value tiers?
-- Grain: one row per month, tier before and tier now; null before = new customer.
-- Expected on the demo: the rows of a month add up to the customers with a tier.
select
    month_on,
    from_tier,
    to_tier,
    count(*) as customers
from marts.tier_changes
group by all
order by month_on asc, from_tier asc nulls first, to_tier asc;
