-- One row per product in a basket. Trap: the source's own week and the UTC date of the
-- timestamp are not the trading day; the trading day is.
select
    'pos' as source_system,
    cast(basket_id as string) as order_key,
    cast(product_id as string) as product_key,
    cast(household_id as string) as customer_key,
    cast(store_id as string) as store_key,
    cast(quantity as bigint) as quantity,
    sales_value as sales_amount,
    retail_disc as retail_discount_amount,
    coupon_disc as coupon_discount_amount,
    coupon_match_disc as coupon_match_discount_amount,
    'USD' as currency,
    trading_date as ordered_on,
    transaction_timestamp as ordered_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'pos__transactions') }}
where {{ is_current_load() }}
