-- One row per measure and share of customers: the value that this share does not exceed
-- (quantile without interpolation). Trap: edges move with as_of; they are kept here so that
-- a score can be explained.
with totals as (
    select
        customer_id,
        {{ days_between('last_order_on', as_of()) }} as recency_days,
        order_count_rfm,
        sales_amount_rfm
    from {{ ref('customer_order_totals') }}
),

measured as (
    select customer_id, 'recency_days' as measure, cast(recency_days as double) as amount
    from totals
    union all
    select customer_id, 'order_count' as measure, cast(order_count_rfm as double) as amount
    from totals
    union all
    select customer_id, 'sales_amount' as measure, cast(sales_amount_rfm as double) as amount
    from totals
),

ranked as (
    select
        measure,
        amount,
        row_number() over (
            partition by measure
            order by amount asc nulls last, customer_id asc nulls last
        ) as amount_rank,
        count(*) over (partition by measure) as customer_count
    from measured
),

shares as (
    select * from (values (20), (40), (60), (80)) as steps (customer_pct)
)

select
    ranked.measure,
    cast(shares.customer_pct as bigint) as customer_pct,
    min(
        case
            when ranked.amount_rank * 100 >= shares.customer_pct * ranked.customer_count
                then ranked.amount
        end
    ) as edge_value,
    {{ as_of() }} as as_of_on
from ranked
cross join shares
group by ranked.measure, shares.customer_pct
