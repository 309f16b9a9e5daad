-- One row per customer, month and kind of revenue. Traps: customer_id is null where nobody is
-- known (unallocated); an invoice counts before tax in the month that it covers; a prepayment
-- is money received, not earned.
with invoices as (
    select
        customer_id,
        case when net_amount < 0 then 'credit' else 'invoice' end as revenue_type,
        net_amount as amount,
        cast(date_trunc('month', coalesce(period_from_on, issued_on)) as date) as month_on
    from {{ ref('int_invoices_identified') }}
    where issued_on <= {{ as_of() }}
),

sales as (
    select
        lines.customer_id,
        coalesce(rules.revenue_type, 'sales') as revenue_type,
        cast(lines.sales_amount as decimal(18, 2)) as amount,
        cast(date_trunc('month', lines.ordered_on) as date) as month_on
    from {{ ref('fct_order_lines') }} as lines
    left join {{ ref('dim_products') }} as products
        on products.product_id = lines.product_id
    left join {{ ref('revenue_rules') }} as rules
        on rules.product_category = products.product_category
),

earned as (
    select customer_id, revenue_type, amount, month_on from invoices
    union all
    select customer_id, revenue_type, amount, month_on from sales
)

select
    customer_id,
    revenue_type,
    count(*) as item_count,
    cast(sum(amount) as decimal(18, 2)) as amount,
    month_on
from earned
group by customer_id, revenue_type, month_on
