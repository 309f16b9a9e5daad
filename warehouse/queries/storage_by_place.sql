-- Question: what lies where, how large is it, and what removes it?
-- Grain: one row per folder or schema.
-- Expected on the demo: landing is kept for good.
select
    place,
    kind,
    bytes,
    files,
    rows,
    retention,
    next_purge_on
from ops.storage
order by kind asc, bytes desc nulls last, place asc;
