-- Question: which problems have a method, and how well does it do?
-- Grain: one row per method and metric.
-- Expected on the demo: 15 rows; two are not measured, as no contracts and no texts
--   are delivered.
select
    problem,
    method,
    asset,
    metric,
    better,
    round(measured_value, 4) as measured_value,
    round(ci_low, 4) as ci_low,
    round(ci_high, 4) as ci_high,
    sample_count,
    measured_on,
    is_measured,
    meaning
from activation.method_results
order by problem asc, method asc, metric asc;
