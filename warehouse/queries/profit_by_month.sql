-- Question: what did each month earn, what did it cost, and what was left?
-- Grain: one row per month; is_closed false = not billed yet.
-- Expected on the demo: 12 rows; 421720.45 in December 2017. Net profit is
--   revenue: the retailer delivers no costs.
select
    month_on,
    is_closed,
    sum(revenue_amount) as revenue_amount,
    sum(
        goods_cost_amount + network_cost_amount + service_cost_amount
        + campaign_cost_amount + subsidy_cost_amount + acquisition_cost_amount
    ) as cost_amount,
    sum(marginal_profit_amount) as marginal_profit_amount,
    sum(net_profit_amount) as net_profit_amount,
    sum(net_profit_amount) filter (is_unallocated) as unallocated_amount
from marts.customer_profit_loss
group by all
order by month_on asc;
