-- Question: how many customers, accounts, lines and households are there, and how many of
--   them are in use?
-- Grain: one row per kind.
-- Expected on the demo: 2469 customers, 801 households, no account and no line: the
--   retailer sells over the counter.
select
    'customer' as kind,
    count(*) as known,
    count(*) filter (coalesce(active_line_count, 1) > 0) as current
from marts.customer_360
union all
select
    'account' as kind,
    count(*) as known,
    count(*) filter (is_open) as current
from marts.dim_accounts
union all
select
    'line' as kind,
    count(*) as known,
    count(*) filter (is_active) as current
from marts.dim_users
union all
select
    'household' as kind,
    count(*) as known,
    count(*) filter (current_customer_count > 0) as current
from marts.dim_households
order by kind;
