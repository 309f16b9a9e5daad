-- Question: who did what, and when?
-- Grain: one row per event.
-- Expected on the demo: one accepted load per file; the first event has no hash before it.
select
    event_number,
    occurred_at,
    actor,
    event,
    object,
    detail,
    hash
from ops.audit_log
order by event_number asc;
