{{ config(materialized='view') }}
-- One row per order and tag that it is evidence of. Trap: amounts and discounts are those of
-- the whole order; a discount is a share of what it would have cost.
with registry as (
    select tag, threshold from {{ ref('tag_registry') }}
),

orders as (
    select
        customer_id,
        ordered_on,
        sales_amount,
        coalesce(discount_amount, 0) as discount_amount,
        lag(ordered_on, 3) over (
            partition by customer_id
            order by
                ordered_on asc nulls last, source_system asc nulls last, order_id asc nulls last
        ) as fourth_last_on
    from {{ ref('fct_orders') }}
)

select
    orders.customer_id,
    registry.tag,
    cast(null as string) as tag_value,
    cast(1 as double) as confidence,
    orders.ordered_on as from_on,
    cast(null as date) as to_on
from orders
inner join registry
    on registry.tag = 'recent_buyer'
    or (
        registry.tag = 'frequent_buyer'
        and orders.fourth_last_on > {{ add_days('orders.ordered_on', -28) }}
    )
    or (registry.tag = 'big_basket' and orders.sales_amount >= registry.threshold)
    or (
        registry.tag = 'discount_hunter'
        and orders.discount_amount
            >= registry.threshold * (orders.sales_amount + orders.discount_amount)
        and orders.discount_amount > 0
    )
