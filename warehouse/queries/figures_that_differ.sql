-- Question: where did a row, a cent or a minute get lost between source and conformed?
-- Grain: one row per delivery and measure that does not agree.
-- Expected on the demo: no rows.
select
    system,
    extract,
    business_on,
    part,
    measure,
    first_difference,
    at_source,
    in_ledger,
    in_raw,
    in_quarantine,
    in_conformed
from ops.reconciliation
where first_difference is not null
order by business_on asc, system asc, extract asc, part asc, measure asc;
