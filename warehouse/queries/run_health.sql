-- Question: how long do runs take, and which failed?
-- Grain: one row per run.
-- Expected on the demo: the run that published this release is still started.
select
    run_id,
    job,
    as_of_on,
    started_at,
    ended_at,
    status,
    seconds,
    steps,
    failures
from ops.run_health
order by started_at desc nulls last, run_id asc;
