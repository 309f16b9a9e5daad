-- Question: is every row that was delivered either loaded or quarantined?
-- Grain: one row per source system and extract.
-- Expected on the demo: pos 1469307 rows, product 92331, crm 801, loyalty 2102,
--   campaign 27 campaigns, 6589 targeted households, 116204 coupons; no file that
--   does not add up.
select
    system,
    extract,
    count(*) as files,
    coalesce(sum(rows_in) filter (where repairs_load_id is null), 0)::bigint as rows_in,
    sum(rows_loaded)::bigint as rows_loaded,
    sum(
        rows_quarantined - case when repairs_load_id is null then 0 else rows_in end
    )::bigint as rows_quarantined,
    count_if(rows_in <> rows_loaded + rows_quarantined) as files_that_do_not_add_up,
    max(business_on) as latest_business_on
from ops.loads
where status = 'loaded'
group by system, extract
order by system, extract;
