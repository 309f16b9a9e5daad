{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='cutoff_on',
    pre_hook="{{ delete_stale_partitions(feature_inputs(), 'cutoff_on') }}",
) }}
-- One row per cut-off and customer who had bought by then: what was known about them on that
-- day. Trap: 0 is "none", null is "not measurable", as each column says; a pack without a
-- source for a subject has null all over it.
with cutoffs as (
    {{ partitions_to_build(feature_inputs(), 'cutoff_on') }}
),

orders as (
    select
        *,
        cast({{ days_between('last_on', 'cutoff_on') }} as bigint) as recency_days,
        cast({{ days_between('first_on', 'cutoff_on') }} as bigint) as tenure_days
    from {{ ref('order_features') }}
    where cutoff_on in (select cutoff_on from cutoffs)
),

campaigns as (
    select * from {{ ref('int_campaign_features_windowed') }}
    where cutoff_on in (select cutoff_on from cutoffs)
)

select
    orders.customer_id,
    orders.cutoff_on,
    orders.recency_days,
    orders.tenure_days,
    orders.orders_28d,
    orders.orders_56d,
    orders.orders_91d,
    orders.orders_182d,
    cast(orders.sales_28d as double) as sales_28d,
    cast(orders.sales_56d as double) as sales_56d,
    cast(orders.sales_91d as double) as sales_91d,
    cast(orders.sales_182d as double) as sales_182d,
    orders.units_91d,
    orders.active_days_91d,
    orders.mean_gap_days,
    orders.recency_days / orders.mean_gap_days as gap_ratio,
    2 * orders.orders_28d - orders.orders_56d as orders_change,
    cast(2 * orders.sales_28d - orders.sales_56d as double) as sales_change,
    cast(orders.discounts_91d as double)
    / nullif(orders.sales_91d + orders.discounts_91d, 0) as discount_share_91d,
    cast(orders.coupon_orders_91d as double) / nullif(orders.orders_91d, 0)
        as coupon_share_91d,
    orders.stores_91d,
    cast(orders.sales_91d as double) / nullif(orders.orders_91d, 0) as basket_sales_91d,
    coalesce(campaigns.campaigns_91d, 0) as campaigns_91d,
    coalesce(campaigns.redemptions_91d, 0) as redemptions_91d,
    cutoffs.input_hash
from orders
inner join cutoffs
    on cutoffs.cutoff_on = orders.cutoff_on
left join campaigns
    on campaigns.customer_id = orders.customer_id
    and campaigns.cutoff_on = orders.cutoff_on
