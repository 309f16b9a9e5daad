-- One row per customer and month with revenue: what it is made of. Trap: prepayments are left
-- out; nobody known, no row.
with invoiced as (
    select
        customer_id,
        month_on,
        cast(sum(case when revenue_part = 'fee' then net_amount else 0 end) as decimal(18, 2))
            as fee_amount,
        cast(sum(case when revenue_part = 'usage' then net_amount else 0 end) as decimal(18, 2))
            as usage_amount,
        cast(
            sum(case when revenue_part = 'credit' then net_amount else 0 end) as decimal(18, 2)
        ) as credit_amount,
        count(distinct case when revenue_part = 'fee' then subscription_key end) as line_count
    from {{ ref('fct_invoice_line_revenue') }}
    where customer_id is not null
    group by customer_id, month_on
),

sold as (
    select
        lines.customer_id,
        cast(date_trunc('month', lines.ordered_on) as date) as month_on,
        cast(sum(lines.sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(lines.quantity) as bigint) as unit_count
    from {{ ref('fct_order_lines') }} as lines
    left join {{ ref('dim_products') }} as products
        on products.product_id = lines.product_id
    left join {{ ref('revenue_rules') }} as rules
        on rules.product_category = products.product_category
    where lines.customer_id is not null and rules.product_category is null
    group by lines.customer_id, cast(date_trunc('month', lines.ordered_on) as date)
),

pairs as (
    select customer_id, month_on from invoiced
    union
    select customer_id, month_on from sold
)

select
    pairs.customer_id,
    coalesce(invoiced.line_count, 0) as line_count,
    coalesce(sold.unit_count, 0) as unit_count,
    coalesce(invoiced.fee_amount, 0) as fee_amount,
    coalesce(invoiced.usage_amount, 0) as usage_amount,
    coalesce(invoiced.credit_amount, 0) as credit_amount,
    coalesce(sold.sales_amount, 0) as sales_amount,
    pairs.month_on
from pairs
left join invoiced
    on invoiced.customer_id = pairs.customer_id and invoiced.month_on = pairs.month_on
left join sold
    on sold.customer_id = pairs.customer_id and sold.month_on = pairs.month_on
