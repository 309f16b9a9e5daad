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
    select * from {{ ref('fct_orders') }}
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

-- First and last order day by the cut-off that first saw the order, then carried forward.
sighted as (
    select
        orders.customer_id,
        first_cutoffs.cutoff_on,
        min(orders.business_on) as first_on,
        max(orders.business_on) as last_on
    from orders
    inner join (
        select
            business_on,
            min(cutoff_on) as cutoff_on
        from days
        group by business_on
    ) as first_cutoffs
        on first_cutoffs.business_on = orders.business_on
    group by orders.customer_id, first_cutoffs.cutoff_on
),

customers as (
    select
        customer_id,
        min(first_on) as first_on
    from sighted
    group by customer_id
),

spine as (
    select
        customers.customer_id,
        customers.first_on,
        cutoffs.cutoff_on,
        cutoffs.input_hash,
        max(sighted.last_on) over (
            partition by customers.customer_id order by cutoffs.cutoff_on asc nulls last
            rows between unbounded preceding and current row
        ) as last_on
    from customers
    inner join cutoffs
        on cutoffs.cutoff_on >= customers.first_on
    left join sighted
        on sighted.customer_id = customers.customer_id
        and sighted.cutoff_on = cutoffs.cutoff_on
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

-- A store counts once: by the last visit before the cut-off.
visits as (
    select
        customer_id,
        business_on,
        lead(business_on) over (
            partition by customer_id, store_id order by business_on asc nulls last
        ) as next_visit_on
    from orders
    where business_on > (select {{ add_days('after_on', 91) }} from bounds)
),

stores as (
    select
        visits.customer_id,
        days.cutoff_on,
        count(*) as stores_91d
    from visits
    inner join days
        on days.business_on = visits.business_on
    where
        days.age_days < 91
        and (visits.next_visit_on is null or visits.next_visit_on > days.cutoff_on)
    group by visits.customer_id, days.cutoff_on
),

contacts as (
    select
        contacts.customer_id,
        cutoffs.cutoff_on,
        count(*) as campaigns_91d
    from {{ ref('fct_campaign_contacts') }} as contacts
    inner join cutoffs
        on cutoffs.cutoff_on >= greatest(contacts.contacted_on, contacts.business_on)
        and cutoffs.cutoff_on < {{ add_days('contacts.contacted_on', 91) }}
    group by contacts.customer_id, cutoffs.cutoff_on
),

redemptions as (
    select
        redemptions.customer_id,
        cutoffs.cutoff_on,
        count(*) as redemptions_91d
    from {{ ref('fct_coupon_redemptions') }} as redemptions
    inner join cutoffs
        on cutoffs.cutoff_on >= greatest(redemptions.redeemed_on, redemptions.business_on)
        and cutoffs.cutoff_on < {{ add_days('redemptions.redeemed_on', 91) }}
    group by redemptions.customer_id, cutoffs.cutoff_on
)

select
    spine.customer_id,
    spine.cutoff_on,
    cast({{ days_between('spine.last_on', 'spine.cutoff_on') }} as bigint) as recency_days,
    cast({{ days_between('spine.first_on', 'spine.cutoff_on') }} as bigint) as tenure_days,
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
    {{ days_between('spine.last_on', 'spine.cutoff_on') }} / purchases.mean_gap_days
        as gap_ratio,
    cast(coalesce(2 * purchases.orders_28d - purchases.orders_56d, 0) as bigint)
        as orders_change,
    cast(coalesce(2 * purchases.sales_28d - purchases.sales_56d, 0) as double)
        as sales_change,
    cast(purchases.discounts_91d as double)
    / nullif(purchases.sales_91d + purchases.discounts_91d, 0) as discount_share_91d,
    cast(purchases.coupon_orders_91d as double) / nullif(purchases.orders_91d, 0)
        as coupon_share_91d,
    coalesce(stores.stores_91d, 0) as stores_91d,
    cast(purchases.sales_91d as double) / nullif(purchases.orders_91d, 0)
        as basket_sales_91d,
    coalesce(contacts.campaigns_91d, 0) as campaigns_91d,
    coalesce(redemptions.redemptions_91d, 0) as redemptions_91d,
    spine.input_hash
from spine
left join purchases
    on purchases.customer_id = spine.customer_id
    and purchases.cutoff_on = spine.cutoff_on
left join stores
    on stores.customer_id = spine.customer_id
    and stores.cutoff_on = spine.cutoff_on
left join contacts
    on contacts.customer_id = spine.customer_id
    and contacts.cutoff_on = spine.cutoff_on
left join redemptions
    on redemptions.customer_id = spine.customer_id
    and redemptions.cutoff_on = spine.cutoff_on
