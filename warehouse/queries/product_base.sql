-- Question: how many customers does each product have?
-- Grain: one row per product held, or category bought of in the last 365 days.
-- Expected on the demo: 30 rows; GROCERY first with 2458.
select distinct
    product_scope,
    product_key,
    base_customer_count as customers
from marts.product_demographics
order by customers desc, product_scope asc, product_key asc;
