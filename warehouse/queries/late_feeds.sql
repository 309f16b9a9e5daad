-- Question: which feeds are late, and who answers for them?
-- Grain: one row per extract that is silent for longer than agreed.
-- Expected on the demo: loyalty (redemptions end in the year's last campaign) may be late.
select
    system,
    extract,
    owner,
    cadence_days,
    last_business_on,
    days_silent
from ops.source_inventory
where is_late
order by days_silent desc, system asc, extract asc;
