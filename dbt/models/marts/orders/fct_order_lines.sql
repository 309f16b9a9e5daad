{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='business_on',
    pre_hook="{{ delete_stale_partitions(order_line_inputs(), 'business_on') }}",
) }}
-- One row per product on an order. Trap: quantity 0 and products unknown to the catalogue
-- occur and are kept.
with dates as (
    {{ partitions_to_build(order_line_inputs(), 'business_on') }}
),

lines as (
    select * from {{ ref('int_order_lines_identified') }}
),

products as (
    select
        product_id,
        listed_on
    from {{ ref('int_products_identified') }}
)

select
    lines.source_system,
    lines.order_key as order_id,
    lines.product_key as product_id,
    lines.customer_id,
    lines.store_key as store_id,
    lines.quantity,
    lines.sales_amount,
    lines.retail_discount_amount,
    lines.coupon_discount_amount,
    lines.coupon_match_discount_amount,
    products.product_id is not null
    and (products.listed_on is null or products.listed_on <= lines.business_on)
        as is_product_known,
    lines.ordered_on,
    lines.ordered_at,
    lines.business_on,
    lines.load_id,
    dates.input_hash
from lines
inner join dates
    on dates.business_on = lines.business_on
left join products
    on products.product_id = lines.product_key
