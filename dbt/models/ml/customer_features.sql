{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='cutoff_on',
    pre_hook="{{ delete_stale_partitions(feature_inputs(), 'cutoff_on') }}",
) }}
-- One row per cut-off and customer who had bought by then: what was known on that day.
-- Trap: an order counts from the business date that delivered it, so no row uses what came
-- after its cut-off. Windows of n days end with the cut-off day.
with cutoffs as (
    {{ partitions_to_build(feature_inputs(), 'cutoff_on') }}
),

bounds as (
    select
        {{ add_days('min(cutoff_on)', -182) }} as after_on,
        max(cutoff_on) as until_on
    from cutoffs
),

orders as (
    select
        customer_id,
        store_id,
        unit_count,
        sales_amount,
        discount_amount,
        coupon_discount_amount,
        business_on
    from {{ ref('fct_orders') }}
    where business_on <= (select until_on from bounds)
),

days as (
    select
        order_days.business_on,
        cutoffs.cutoff_on,
        {{ days_between('order_days.business_on', 'cutoffs.cutoff_on') }} as age_days
    from (select business_on from orders group by business_on) as order_days
    inner join cutoffs
        on cutoffs.cutoff_on >= order_days.business_on
),

seen as (
    {{ customers_at_cutoffs('orders', 'cutoffs', 'days') }}
),

-- Of the orders of one day only the last has a later neighbour: it stands for the day.
recent as (
    select
        *,
        lead(business_on) over (
            partition by customer_id order by business_on asc nulls last
        ) as next_on
    from orders
    where business_on > (select after_on from bounds)
),

dated as (
    select
        recent.*,
        days.cutoff_on,
        days.age_days,
        recent.next_on is null or recent.next_on > recent.business_on as is_last_of_day
    from recent
    inner join days
        on days.business_on = recent.business_on
    where days.age_days < 182
),

purchases as (
    select
        customer_id,
        cutoff_on,
        {{ count_within(28) }} as orders_28d,
        {{ count_within(56) }} as orders_56d,
        {{ count_within(91) }} as orders_91d,
        count(*) as orders_182d,
        {{ sum_within(28, 'sales_amount') }} as sales_28d,
        {{ sum_within(56, 'sales_amount') }} as sales_56d,
        {{ sum_within(91, 'sales_amount') }} as sales_91d,
        {{ sum_within(182, 'sales_amount') }} as sales_182d,
        {{ sum_within(91, 'discount_amount') }} as discounts_91d,
        {{ sum_within(91, 'unit_count', 'bigint') }} as units_91d,
        {{ count_within(91, 'coupon_discount_amount > 0') }} as coupon_orders_91d,
        {{ count_within(91, 'is_last_of_day') }} as active_days_91d,
        cast(max(age_days) - min(age_days) as double)
        / nullif({{ count_within(182, 'is_last_of_day') }} - 1, 0) as mean_gap_days
    from dated
    group by customer_id, cutoff_on
),

stores as (
    {{ stores_within(91, 'recent', 'days') }}
),

contacts as (
    {{ events_within(91, ref('fct_campaign_contacts'), 'contacted_on', 'cutoffs') }}
),

redemptions as (
    {{ events_within(91, ref('fct_coupon_redemptions'), 'redeemed_on', 'cutoffs') }}
)

select
    seen.customer_id,
    seen.cutoff_on,
    cast({{ days_between('seen.last_on', 'seen.cutoff_on') }} as bigint) as recency_days,
    cast({{ days_between('seen.first_on', 'seen.cutoff_on') }} as bigint) as tenure_days,
    coalesce(purchases.orders_28d, 0) as orders_28d,
    coalesce(purchases.orders_56d, 0) as orders_56d,
    coalesce(purchases.orders_91d, 0) as orders_91d,
    coalesce(purchases.orders_182d, 0) as orders_182d,
    cast(coalesce(purchases.sales_28d, 0) as double) as sales_28d,
    cast(coalesce(purchases.sales_56d, 0) as double) as sales_56d,
    cast(coalesce(purchases.sales_91d, 0) as double) as sales_91d,
    cast(coalesce(purchases.sales_182d, 0) as double) as sales_182d,
    coalesce(purchases.units_91d, 0) as units_91d,
    coalesce(purchases.active_days_91d, 0) as active_days_91d,
    purchases.mean_gap_days,
    {{ days_between('seen.last_on', 'seen.cutoff_on') }} / purchases.mean_gap_days
        as gap_ratio,
    cast(coalesce(2 * purchases.orders_28d - purchases.orders_56d, 0) as bigint)
        as orders_change,
    cast(coalesce(2 * purchases.sales_28d - purchases.sales_56d, 0) as double)
        as sales_change,
    cast(purchases.discounts_91d as double)
    / nullif(purchases.sales_91d + purchases.discounts_91d, 0) as discount_share_91d,
    cast(purchases.coupon_orders_91d as double) / nullif(purchases.orders_91d, 0)
        as coupon_share_91d,
    coalesce(stores.store_count, 0) as stores_91d,
    cast(purchases.sales_91d as double) / nullif(purchases.orders_91d, 0)
        as basket_sales_91d,
    coalesce(contacts.event_count, 0) as campaigns_91d,
    coalesce(redemptions.event_count, 0) as redemptions_91d,
    seen.input_hash
from seen
left join purchases
    on purchases.customer_id = seen.customer_id
    and purchases.cutoff_on = seen.cutoff_on
left join stores
    on stores.customer_id = seen.customer_id
    and stores.cutoff_on = seen.cutoff_on
left join contacts
    on contacts.customer_id = seen.customer_id
    and contacts.cutoff_on = seen.cutoff_on
left join redemptions
    on redemptions.customer_id = seen.customer_id
    and redemptions.cutoff_on = seen.cutoff_on
