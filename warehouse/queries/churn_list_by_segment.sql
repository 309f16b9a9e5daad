-- Question: in which segments is the value at risk, and what is suggested there?
-- Grain: one row per segment and suggested action on the churn list.
-- Expected on the demo: at most 500 customers in all, the most valuable segments
--   first.
select
    segment_name,
    suggested_action,
    count(*) as customers,
    avg(churn_probability) as churn_probability_mean,
    sum(value_at_risk_amount) as value_at_risk_amount
from activation.act_churn_list
group by segment_name, suggested_action
order by value_at_risk_amount desc, segment_name asc, suggested_action asc;
