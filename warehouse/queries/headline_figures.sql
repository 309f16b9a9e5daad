-- Question: how much is in the warehouse, and how much of it is odd but true?
-- Grain: one row.
-- Expected on the demo: 1469307 order lines, 155848 orders, 2469 customers, sales
--   4596039.58, 4836 lines of products unknown to the catalogue, 8869 lines with
--   quantity 0, 1559 customers targeted, 410 with a redemption.
select
    count(*) as order_lines,
    (select count(*) from marts.fct_orders) as orders,
    (select count(*) from marts.dim_customers) as customers,
    sum(sales_amount) as sales_amount,
    count_if(not is_product_known) as unknown_product_lines,
    count_if(quantity = 0) as zero_quantity_lines,
    (
        select count(distinct customer_id) from marts.fct_campaign_contacts
    ) as targeted_customers,
    (
        select count(distinct customer_id) from marts.fct_coupon_redemptions
    ) as redeeming_customers
from marts.fct_order_lines;
