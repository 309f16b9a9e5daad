-- One row per cut-off and customer who had bought by then: the orders known on that day.
-- Traps: an order counts from the business date that delivered it, and only while its load
-- counted. Windows of n days end with the cut-off day.
with cutoffs as (
    {{ partitions_to_build(feature_inputs(), 'cutoff_on') }}
),

known_loads as (
    {{ loads_at_cutoffs() }}
),

orders as (
    {{ delivered_orders('business_on <= (select max(cutoff_on) from cutoffs)') }}
),

seen as (
    {{ customers_at_cutoffs('orders', 'cutoffs', 'known_loads') }}
),

order_days as (
    select
        orders.customer_id,
        loads.cutoff_on,
        loads.business_on,
        loads.age_days,
        count(*) as order_count,
        count_if(orders.coupon_discount_amount > 0) as coupon_order_count,
        cast(sum(orders.unit_count) as bigint) as unit_count,
        cast(sum(orders.sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(orders.discount_amount) as decimal(18, 2)) as discount_amount
    from orders
    inner join known_loads as loads
        on loads.load_id = orders.load_id
    where loads.age_days < 182
    group by orders.customer_id, loads.cutoff_on, loads.business_on, loads.age_days
),

purchases as (
    select
        customer_id,
        cutoff_on,
        {{ sum_within(28, 'order_count', 'bigint') }} as orders_28d,
        {{ sum_within(56, 'order_count', 'bigint') }} as orders_56d,
        {{ sum_within(91, 'order_count', 'bigint') }} as orders_91d,
        cast(sum(order_count) as bigint) as orders_182d,
        {{ sum_within(28, 'sales_amount') }} as sales_28d,
        {{ sum_within(56, 'sales_amount') }} as sales_56d,
        {{ sum_within(91, 'sales_amount') }} as sales_91d,
        {{ sum_within(182, 'sales_amount') }} as sales_182d,
        {{ sum_within(91, 'discount_amount') }} as discounts_91d,
        {{ sum_within(91, 'unit_count', 'bigint') }} as units_91d,
        {{ sum_within(91, 'coupon_order_count', 'bigint') }} as coupon_orders_91d,
        {{ count_within(91) }} as active_days_91d,
        cast(max(age_days) - min(age_days) as double) / nullif(count(*) - 1, 0)
            as mean_gap_days,
        max(business_on) as newest_on
    from order_days
    group by customer_id, cutoff_on
),

stores as (
    select
        orders.customer_id,
        loads.cutoff_on,
        count(distinct orders.store_id) as store_count
    from orders
    inner join known_loads as loads
        on loads.load_id = orders.load_id
    where loads.age_days < 91
    group by orders.customer_id, loads.cutoff_on
)

select
    seen.customer_id,
    seen.cutoff_on,
    seen.first_on,
    seen.last_on,
    coalesce(purchases.orders_28d, 0) as orders_28d,
    coalesce(purchases.orders_56d, 0) as orders_56d,
    coalesce(purchases.orders_91d, 0) as orders_91d,
    coalesce(purchases.orders_182d, 0) as orders_182d,
    coalesce(purchases.sales_28d, 0) as sales_28d,
    coalesce(purchases.sales_56d, 0) as sales_56d,
    coalesce(purchases.sales_91d, 0) as sales_91d,
    coalesce(purchases.sales_182d, 0) as sales_182d,
    coalesce(purchases.discounts_91d, 0) as discounts_91d,
    coalesce(purchases.units_91d, 0) as units_91d,
    coalesce(purchases.coupon_orders_91d, 0) as coupon_orders_91d,
    coalesce(purchases.active_days_91d, 0) as active_days_91d,
    coalesce(stores.store_count, 0) as stores_91d,
    purchases.mean_gap_days,
    greatest(seen.last_on, purchases.newest_on) as newest_on,
    cutoffs.input_hash
from seen
inner join cutoffs
    on cutoffs.cutoff_on = seen.cutoff_on
left join purchases
    on purchases.customer_id = seen.customer_id
    and purchases.cutoff_on = seen.cutoff_on
left join stores
    on stores.customer_id = seen.customer_id
    and stores.cutoff_on = seen.cutoff_on
