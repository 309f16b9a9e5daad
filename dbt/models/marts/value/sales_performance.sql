-- One row per month, axis (category, channel, place) and value on it: revenue before tax and
-- what was paid in advance. Trap: every axis tells all of the money, so never add two axes.
with regions as (
    select
        customer_id,
        min(region) as region
    from {{ ref('int_registrations_identified') }}
    where customer_id is not null and customer_type is distinct from 'prospect'
    group by customer_id
),

invoiced as (
    select
        customer_id,
        coalesce('charge: ' || charge_type, 'unknown') as category,
        'invoice' as channel,
        cast(null as string) as store_id,
        month_on,
        cast(sum(net_amount) as decimal(18, 2)) as amount
    from {{ ref('fct_invoice_line_revenue') }}
    group by customer_id, coalesce('charge: ' || charge_type, 'unknown'), month_on
),

sold as (
    select
        case when store_id is null then customer_id end as customer_id,
        product_id,
        store_id,
        cast(date_trunc('month', ordered_on) as date) as month_on,
        cast(sum(sales_amount) as decimal(18, 2)) as amount
    from {{ ref('fct_order_lines') }}
    group by
        case when store_id is null then customer_id end, product_id, store_id,
        cast(date_trunc('month', ordered_on) as date)
),

facts as (
    select customer_id, category, channel, store_id, month_on, amount from invoiced
    union all
    select
        sold.customer_id,
        coalesce(products.department || ': ' || products.product_category, 'unknown')
            as category,
        case when sold.store_id is null then 'order' else 'store' end as channel,
        sold.store_id,
        sold.month_on,
        sold.amount
    from sold
    left join {{ ref('dim_products') }} as products
        on products.product_id = sold.product_id
),

placed as (
    select
        facts.*,
        case
            when facts.store_id is not null then 'store ' || facts.store_id
            else coalesce(regions.region, 'unknown')
        end as place
    from facts
    left join regions
        on regions.customer_id = facts.customer_id
),

axes as (
    select month_on, 'category' as axis, category as axis_value, amount from placed
    union all
    select month_on, 'channel' as axis, channel as axis_value, amount from placed
    union all
    select month_on, 'place' as axis, place as axis_value, amount from placed
)

select
    axis,
    axis_value,
    cast(sum(amount) as decimal(18, 2)) as amount,
    month_on
from axes
group by axis, axis_value, month_on
