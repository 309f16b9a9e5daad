-- Question: what share of lines, accounts and customers was lost each month?
-- Grain: one row per month and level; contract business only.
-- Expected on the demo: no row: the retailer has no contracts.
select
    month_on,
    level,
    opening_count,
    ended_count,
    churn_share
from marts.churn_by_level
order by month_on asc, level asc;
