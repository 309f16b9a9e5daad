{{ config(meta={
    'asset': 'marts.fct_order_lines', 'dimension': 'accuracy', 'owner': 'customer-analytics', 'capability': ['SRC-1', 'SRC-14'],
}) }}
-- A returned row is a business date on which rows were lost, doubled or changed between the
-- ledger, the order lines and the orders, to the cent.
with loaded as (
    select
        business_on,
        cast(sum(rows_loaded) as bigint) as row_count
    from {{ ref('stg_ops__loads') }}
    where load_id in (select load_id from ({{ loads_of(['order_lines']) }}) as order_loads)
    group by business_on
),

lines as (
    select
        business_on,
        count(*) as line_count,
        cast(sum(quantity) as bigint) as unit_count,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from {{ ref('fct_order_lines') }}
    group by business_on
),

orders as (
    select
        business_on,
        cast(sum(line_count) as bigint) as line_count,
        cast(sum(unit_count) as bigint) as unit_count,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from {{ ref('fct_orders') }}
    group by business_on
)

select
    coalesce(loaded.business_on, lines.business_on, orders.business_on) as business_on,
    loaded.row_count,
    lines.line_count,
    orders.line_count as order_line_count,
    lines.sales_amount,
    orders.sales_amount as order_sales_amount
from loaded
full outer join lines
    on lines.business_on = loaded.business_on
full outer join orders
    on orders.business_on = coalesce(loaded.business_on, lines.business_on)
where
    loaded.row_count is distinct from lines.line_count
    or lines.line_count is distinct from orders.line_count
    or lines.unit_count is distinct from orders.unit_count
    or lines.sales_amount is distinct from orders.sales_amount
