-- Question: which customers cost more than they brought in the last twelve closed
--   months, and by how much?
-- Grain: one row per loss-making customer, the largest loss first.
-- Expected on the demo: no row: the retailer delivers no costs.
select
    customer_id,
    revenue_amount,
    net_profit_amount
from marts.customer_profit_curve
where is_loss_making
order by net_profit_amount asc, customer_id asc;
