-- Question: what do we know of our customers, how completely, and how fresh is it?
-- Grain: one row per attribute of the customer view.
-- Expected on the demo: 72 rows; age_band is known of 32.4 %.
select
    attribute,
    subject,
    source_precedence,
    is_key,
    round(100 * fill_share, 1) as fill_pct,
    fresh_on
from marts.attribute_catalog
order by is_key desc, fill_pct desc, attribute asc;
