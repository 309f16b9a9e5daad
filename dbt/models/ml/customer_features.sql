{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='cutoff_on',
    pre_hook="{{ delete_stale_partitions(feature_inputs(), 'cutoff_on') }}",
) }}
-- One row per cut-off and customer who had bought by then: what was known on that day.
-- Trap: an order counts from the later of its day and its delivery (known_on), so no row
-- uses what came after its cut-off. Windows of n days end with the cut-off day.
with cutoffs as (
    {{ partitions_to_build(feature_inputs(), 'cutoff_on') }}
),

window_days as (
    select {{ add_days('min(cutoff_on)', -91) }} as stores_after from cutoffs
),

orders as (
    select
        *,
        greatest(ordered_on, business_on) as known_on
    from {{ ref('fct_orders') }}
),

timeline as (
    select
        *,
        min(known_on) over (partition by customer_id) as first_known_on,
        lead(known_on) over (
            partition by customer_id order by known_on asc nulls last
        ) as next_known_on
    from orders
),

days as (
    select
        order_days.known_on,
        cutoffs.cutoff_on,
        {{ days_between('order_days.known_on', 'cutoffs.cutoff_on') }} as age_days
    from (select known_on from orders group by known_on) as order_days
    inner join cutoffs
        on cutoffs.cutoff_on >= order_days.known_on
),

-- The last order before the cut-off is kept at any age: it tells the recency. Of the orders
-- of one day only the last one has a later neighbour, so it stands for the day.
dated as (
    select
        timeline.*,
        days.cutoff_on,
        days.age_days,
        timeline.next_known_on is null
        or timeline.next_known_on > timeline.known_on as is_last_of_day
    from timeline
    inner join days
        on days.known_on = timeline.known_on
    where
        days.age_days < 182
        or timeline.next_known_on is null
        or timeline.next_known_on > days.cutoff_on
),

purchases as (
    select
        customer_id,
        cutoff_on,
        min(age_days) as recency_days,
        {{ days_between('min(first_known_on)', 'cutoff_on') }} as tenure_days,
        {{ count_within(28) }} as orders_28d,
        {{ count_within(56) }} as orders_56d,
        {{ count_within(91) }} as orders_91d,
        {{ count_within(182) }} as orders_182d,
        {{ sum_within(28, 'sales_amount') }} as sales_28d,
        {{ sum_within(56, 'sales_amount') }} as sales_56d,
        {{ sum_within(91, 'sales_amount') }} as sales_91d,
        {{ sum_within(182, 'sales_amount') }} as sales_182d,
        {{ sum_within(91, 'discount_amount') }} as discounts_91d,
        {{ sum_within(91, 'unit_count', 'bigint') }} as units_91d,
        {{ count_within(91, 'coupon_discount_amount > 0') }} as coupon_orders_91d,
        {{ count_within(91, 'is_last_of_day') }} as active_days_91d,
        cast(max(case when age_days < 182 then age_days end) - min(age_days) as double)
        / nullif({{ count_within(182, 'is_last_of_day') }} - 1, 0) as mean_gap_days
    from dated
    group by customer_id, cutoff_on
),

-- A store counts once: by the last visit before the cut-off.
visits as (
    select
        customer_id,
        known_on,
        lead(known_on) over (
            partition by customer_id, store_id order by known_on asc nulls last
        ) as next_visit_on
    from orders
    where known_on > (select stores_after from window_days)
),

stores as (
    select
        visits.customer_id,
        days.cutoff_on,
        count(*) as stores_91d
    from visits
    inner join days
        on days.known_on = visits.known_on
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
    purchases.customer_id,
    purchases.cutoff_on,
    cast(purchases.recency_days as bigint) as recency_days,
    cast(purchases.tenure_days as bigint) as tenure_days,
    purchases.orders_28d,
    purchases.orders_56d,
    purchases.orders_91d,
    purchases.orders_182d,
    cast(purchases.sales_28d as double) as sales_28d,
    cast(purchases.sales_56d as double) as sales_56d,
    cast(purchases.sales_91d as double) as sales_91d,
    cast(purchases.sales_182d as double) as sales_182d,
    cast(purchases.units_91d as bigint) as units_91d,
    purchases.active_days_91d,
    purchases.mean_gap_days,
    purchases.recency_days / purchases.mean_gap_days as gap_ratio,
    cast(2 * purchases.orders_28d - purchases.orders_56d as bigint) as orders_change,
    cast(2 * purchases.sales_28d - purchases.sales_56d as double) as sales_change,
    cast(purchases.discounts_91d as double)
    / nullif(purchases.sales_91d + purchases.discounts_91d, 0) as discount_share_91d,
    cast(purchases.coupon_orders_91d as double) / nullif(purchases.orders_91d, 0)
        as coupon_share_91d,
    coalesce(stores.stores_91d, 0) as stores_91d,
    cast(purchases.sales_91d as double) / nullif(purchases.orders_91d, 0)
        as basket_sales_91d,
    coalesce(contacts.campaigns_91d, 0) as campaigns_91d,
    coalesce(redemptions.redemptions_91d, 0) as redemptions_91d,
    cutoffs.input_hash
from purchases
inner join cutoffs
    on cutoffs.cutoff_on = purchases.cutoff_on
left join stores
    on stores.customer_id = purchases.customer_id
    and stores.cutoff_on = purchases.cutoff_on
left join contacts
    on contacts.customer_id = purchases.customer_id
    and contacts.cutoff_on = purchases.cutoff_on
left join redemptions
    on redemptions.customer_id = purchases.customer_id
    and redemptions.cutoff_on = purchases.cutoff_on
