-- Question: which customers of each value tier may leave, what are they expected to
--   bring, and what should be done?
-- Grain: one row per combination of value tier, profit class, churn band and next
--   action.
-- Expected on the demo: 544 silver, profitable customers at low risk come first; 309
--   diamond ones of the most profitable fifth should bring 468,413.34 USD in a quarter.
select
    value_tier,
    value_profit_class,
    estimated_churn_band,
    expected_action_code,
    count(*) as customers,
    count(expected_revenue_amount) as customers_with_forecast,
    sum(expected_revenue_amount) as expected_revenue_amount
from activation.customer_attribute_groups
group by all
order by
    customers desc,
    value_tier asc,
    value_profit_class asc,
    estimated_churn_band asc,
    expected_action_code asc;
