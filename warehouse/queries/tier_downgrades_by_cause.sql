-- Question: why did customers fall to a lower value tier, month by month?
-- Grain: one row per month, tiers left and entered, and cause.
-- Expected on the demo: 101 customers fell from gold to silver in February
--   2017 because they bought less.
select
    month_on,
    from_tier,
    to_tier,
    cause,
    count(*) as customers,
    sum(value_change_amount) as value_change_amount
from marts.tier_changes
where direction = 'down'
group by all
order by month_on asc, customers desc, from_tier asc, to_tier asc, cause asc;
