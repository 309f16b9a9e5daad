-- Question: how many customers are in each lifecycle state on the business date of
--   the release?
-- Grain: one row per state.
-- Expected on the demo: 1978 active, 213 declining, 131 lapsed, 111 churned, 31
--   returned, 5 new; 2469 in all.
with meanings as (
    select
        state,
        string_agg(
            meaning, '; ' order by priority desc nulls first, meaning asc
        ) as meaning
    from marts.lifecycle_rules
    where basis in (select basis from marts.customer_lifecycle_periods)
    group by state
)

select
    flows.state,
    meanings.meaning,
    flows.closing_customers as customers,
    flows.closing_customers / sum(flows.closing_customers) over () as customer_share
from marts.customer_lifecycle_flows as flows
inner join ops.this_release as release
    on flows.day_on = release.as_of_on
left join meanings
    on flows.state = meanings.state
order by flows.closing_customers desc, flows.state asc;
