-- Question: how many customers are in each lifecycle state on the business date of
--   the release?
-- Grain: one row per state.
-- Expected on the demo: 1978 active, 213 declining, 131 lapsed, 111 churned, 31
--   returned, 5 new; 2469 in all.
select
    flows.state,
    rules.meaning,
    flows.closing_customers as customers,
    flows.closing_customers / sum(flows.closing_customers) over () as customer_share
from marts.customer_lifecycle_flows as flows
inner join ops.this_release as release
    on flows.day_on = release.as_of_on
inner join marts.lifecycle_rules as rules
    on flows.state = rules.state
order by flows.closing_customers desc, flows.state asc;
