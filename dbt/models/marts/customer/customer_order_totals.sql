-- One row per customer with an order. Trap: the figures suffixed _rfm look at the last
-- rfm_window_days only, the others at everything.
with orders as (
    select
        *,
        ordered_on > {{ add_days(as_of(), '-' ~ var('rfm_window_days')) }} as is_recent
    from {{ ref('fct_orders') }}
)

select
    customer_id,
    count(*) as order_count,
    cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
    cast(count_if(is_recent) as bigint) as order_count_rfm,
    cast(sum(case when is_recent then sales_amount else 0 end) as decimal(18, 2))
        as sales_amount_rfm,
    min(ordered_on) as first_order_on,
    max(ordered_on) as last_order_on
from orders
group by customer_id
