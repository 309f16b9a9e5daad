-- One row per order line, with our customer_id. A view: 70 million lines are not copied.
select
    source_system,
    order_key,
    product_key,
    customer_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    store_key,
    quantity,
    sales_amount,
    retail_discount_amount,
    coupon_discount_amount,
    coupon_match_discount_amount,
    ordered_on,
    ordered_at,
    business_on,
    load_id
from {{ ref('order_lines') }}
