-- Question: does the churn model beat sorting customers by days since their last
--   order?
-- Grain: one row per metric; *_low and *_high are the ends of 95 % bootstrap
--   intervals.
-- Expected on the demo: five metrics; AUC of both well above 0.5.
select
    metric,
    max(value) filter (model = 'model') as model_value,
    max(ci_low) filter (model = 'model') as model_low,
    max(ci_high) filter (model = 'model') as model_high,
    max(value) filter (model = 'recency_baseline') as baseline_value,
    max(ci_low) filter (model = 'recency_baseline') as baseline_low,
    max(ci_high) filter (model = 'recency_baseline') as baseline_high
from ml.churn_evaluation
group by metric
order by metric;
