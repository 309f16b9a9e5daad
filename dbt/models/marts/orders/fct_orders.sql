{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='business_on',
    pre_hook="{{ delete_stale_partitions(order_inputs(), 'business_on') }}",
) }}
-- One row per order and business date that delivered lines of it. Trap: an order whose
-- lines come in files of two business dates has a row for each.
with dates as (
    {{ partitions_to_build(order_inputs(), 'business_on') }}
),

lines as (
    select * from {{ ref('fct_order_lines') }}
    where business_on in (select business_on from dates)
),

orders as (
    select
        source_system,
        order_id,
        min(customer_id) as customer_id,
        min(store_id) as store_id,
        count(*) as line_count,
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
        min(ordered_on) as ordered_on,
        min(ordered_at) as ordered_at,
        business_on,
        load_id
    from lines
    group by source_system, order_id, business_on, load_id
)

select
    orders.source_system,
    orders.order_id,
    orders.customer_id,
    orders.store_id,
    orders.line_count,
    orders.unit_count,
    orders.sales_amount,
    orders.discount_amount,
    orders.coupon_discount_amount,
    orders.ordered_on,
    orders.ordered_at,
    orders.business_on,
    orders.load_id,
    dates.input_hash
from orders
inner join dates
    on dates.business_on = orders.business_on
