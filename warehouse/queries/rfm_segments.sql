-- Question: how are customers spread over the recency-frequency-monetary segments,
--   and what are they worth?
-- Grain: one row per RFM segment.
-- Expected on the demo: 9 rows; champions first with 549 customers and 2261936.55.
select
    rfm_segment,
    count(*) as customers,
    avg(recency_days) as recency_days_mean,
    avg(order_count) as order_count_mean,
    sum(sales_amount) as sales_amount
from marts.customer_rfm
group by rfm_segment
order by sales_amount desc, rfm_segment asc;
