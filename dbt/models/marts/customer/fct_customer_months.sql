{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='month_on',
    pre_hook="{{ delete_stale_partitions(customer_month_inputs(), 'month_on') }}",
) }}
-- One row per customer and calendar month with an order. Trap: months without an order have
-- no row.
with months as (
    {{ partitions_to_build(customer_month_inputs(), 'month_on') }}
),

orders as (
    select
        *,
        cast(date_trunc('month', ordered_on) as date) as month_on
    from {{ ref('fct_orders') }}
)

select
    orders.customer_id,
    orders.month_on,
    count(*) as order_count,
    cast(sum(orders.line_count) as bigint) as line_count,
    cast(sum(orders.unit_count) as bigint) as unit_count,
    {{ days_of_month('orders.ordered_on') }} as active_days,
    cast(sum(orders.sales_amount) as decimal(18, 2)) as sales_amount,
    cast(sum(orders.discount_amount) as decimal(18, 2)) as discount_amount,
    months.input_hash
from orders
inner join months
    on months.month_on = orders.month_on
group by orders.customer_id, orders.month_on, months.input_hash
