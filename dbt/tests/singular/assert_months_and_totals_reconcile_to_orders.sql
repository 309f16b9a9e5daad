{{ config(meta={
    'asset': 'marts.fct_customer_months', 'dimension': 'accuracy', 'owner': 'customer-analytics', 'capability': ['SRC-14'],
}) }}
-- A returned row is a month, or the total of all customers (month_on null), that differs
-- from its orders, to the cent.
with orders as (
    select
        cast(date_trunc('month', ordered_on) as date) as month_on,
        count(*) as order_count,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount
    from {{ ref('fct_orders') }}
    group by cast(date_trunc('month', ordered_on) as date)
),

months as (
    select
        month_on,
        cast(sum(order_count) as bigint) as order_count,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount
    from {{ ref('fct_customer_months') }}
    group by month_on
),

differing_months as (
    select
        coalesce(orders.month_on, months.month_on) as month_on,
        orders.sales_amount as expected_amount,
        months.sales_amount as found_amount
    from orders
    full outer join months
        on months.month_on = orders.month_on
    where
        orders.order_count is distinct from months.order_count
        or orders.sales_amount is distinct from months.sales_amount
        or orders.discount_amount is distinct from months.discount_amount
),

expected as (
    select
        cast(sum(order_count) as bigint) as order_count,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from orders
),

found as (
    select
        cast(sum(order_count) as bigint) as order_count,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from {{ ref('customer_order_totals') }}
)

select * from differing_months
union all
select
    cast(null as date) as month_on,
    expected.sales_amount as expected_amount,
    found.sales_amount as found_amount
from expected
cross join found
where
    expected.order_count is distinct from found.order_count
    or expected.sales_amount is distinct from found.sales_amount
