-- One row per order and delivery that was in use and then gave way to a later version. Trap:
-- these orders count for nothing but the cut-offs that still knew them (int_loads_used).
with lines as (
    {{ delivered_rows('order_lines') }}
)

select
    source_system,
    order_key as order_id,
    min(customer_id) as customer_id,
    min(store_key) as store_id,
    cast(sum(quantity) as bigint) as unit_count,
    cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
    cast(
        sum(
            retail_discount_amount
            + coupon_discount_amount
            + coupon_match_discount_amount
        ) as decimal(18, 2)
    ) as discount_amount,
    cast(sum(coupon_discount_amount) as decimal(18, 2)) as coupon_discount_amount,
    business_on,
    load_id
from lines
group by source_system, order_key, business_on, load_id
