-- One row per customer with revenue or cost in the last twelve closed months, the most
-- profitable first, with the profit of all up to that one. Trap: the curve rises above the
-- final total and falls again through those who cost more than they bring.
with months as (
    select
        month_on,
        row_number() over (order by month_on desc nulls last) as months_back
    from (
        select distinct month_on from {{ ref('customer_profit_loss') }} where is_closed
    ) as closed_months
),

customers as (
    select
        profit_loss.customer_id,
        cast(sum(profit_loss.revenue_amount) as decimal(18, 2)) as revenue_amount,
        cast(sum(profit_loss.net_profit_amount) as decimal(18, 2)) as net_profit_amount
    from {{ ref('customer_profit_loss') }} as profit_loss
    inner join months
        on months.month_on = profit_loss.month_on and months.months_back <= 12
    where not profit_loss.is_unallocated
    group by profit_loss.customer_id
),

ranked as (
    select
        *,
        row_number() over (
            order by net_profit_amount desc nulls last, customer_id asc nulls last
        ) as profit_rank,
        count(*) over () as customer_count,
        cast(sum(net_profit_amount) over () as decimal(18, 2)) as all_profit_amount,
        cast(
            sum(net_profit_amount) over (
                order by net_profit_amount desc nulls last, customer_id asc nulls last
                rows between unbounded preceding and current row
            ) as decimal(18, 2)
        ) as cumulative_profit_amount
    from customers
)

select
    customer_id,
    profit_rank,
    revenue_amount,
    net_profit_amount,
    cumulative_profit_amount,
    cast(profit_rank as double) / customer_count as customer_share,
    cast(cumulative_profit_amount as double)
    / cast(nullif(all_profit_amount, 0) as double) as profit_share,
    net_profit_amount < 0 as is_loss_making,
    {{ as_of() }} as as_of_on
from ranked
