-- Question: which data-quality rules do not pass, and who answers for them?
-- Grain: one row per rule that does not pass.
-- Expected on the demo: warnings only; among them the known quirks of the source
--   (unknown products, quantity 0).
select
    asset,
    check_id,
    severity,
    status,
    rows_failed,
    rows_checked,
    owner,
    sample_query
from ops.check_results
where status <> 'passed'
order by severity asc, rows_failed desc nulls last, asset asc, check_id asc;
