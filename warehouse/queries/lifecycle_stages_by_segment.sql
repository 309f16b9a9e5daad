-- Question: how many customers are in each stage and segment, and what do they
--   bring?
-- Grain: one row per stage and segment in the newest closed month.
-- Expected on the demo: customers add up to 2469, all on record at the end
--   of 2017.
select
    cube.month_on,
    cube.stage,
    cube.segment,
    cube.customer_count,
    cube.revenue_amount,
    cube.net_profit_amount
from marts.customer_lifecycle_cube as cube
where
    cube.month_on = (
        select max(month_on) from marts.customer_profit_loss
        where is_closed
    )
    and (cube.customer_count > 0 or cube.net_profit_amount <> 0)
order by cube.stage asc, cube.segment asc;
