-- One row per product on an order. Trap: the system's clocks are eight hours ahead of UTC
-- all year; the day of the order is the day by those clocks.
select
    'ibss' as source_system,
    cast(order_no as string) as order_key,
    product_no as product_key,
    cast(customer_no as string) as customer_key,
    cast(null as string) as store_key,
    cast(quantity as bigint) as quantity,
    amount as sales_amount,
    cast(0 as decimal(12, 2)) as retail_discount_amount,
    cast(0 as decimal(12, 2)) as coupon_discount_amount,
    cast(0 as decimal(12, 2)) as coupon_match_discount_amount,
    'CNY' as currency,
    cast(accepted_at as date) as ordered_on,
    accepted_at - interval '8' hour as ordered_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'ibss__orders') }}
where {{ is_current_load() }}
