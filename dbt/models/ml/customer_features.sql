-- One row per cut-off and customer who had bought or had a line by then: what was known about
-- them on that day. Trap: 0 is "none", null is "not measurable", as each feature declares; a
-- pack without a source for a subject has null all over it.
with cutoffs as (
    {{ partitions_to_build(feature_inputs(), 'cutoff_on') }}
),

order_features as (
    select
        *,
        cast({{ days_between('last_on', 'cutoff_on') }} as bigint) as recency_days,
        cast({{ days_between('first_on', 'cutoff_on') }} as bigint) as tenure_days
    from {{ ref('order_features') }}
    where cutoff_on in (select cutoff_on from cutoffs)
),

customers as (
    select
        customer_id,
        cutoff_on
    from order_features
    {%- if systems_feeding('subscriptions') %}
    union
    select
        customer_id,
        cutoff_on
    from {{ ref('int_subscription_features_windowed') }}
    where cutoff_on in (select cutoff_on from cutoffs)
    {%- endif %}
),

orders as (
    select
        *,
        recency_days / mean_gap_days as gap_ratio,
        2 * orders_28d - orders_56d as orders_change,
        cast(2 * sales_28d - sales_56d as double) as sales_change,
        cast(discounts_91d as double) / nullif(sales_91d + discounts_91d, 0)
            as discount_share_91d,
        cast(coupon_orders_91d as double) / nullif(orders_91d, 0) as coupon_share_91d,
        cast(sales_91d as double) / nullif(orders_91d, 0) as basket_sales_91d
    from order_features
)

select
    customers.customer_id,
    customers.cutoff_on,
    {{ features_of('orders') }}
    {{ features_of('campaign') }}
    {{ features_of('subscription') }}
    {{ features_of('usage') }}
    {{ features_of('billing') }}
    {{ features_of('service') }}
    {{ features_of('web') }}
    cutoffs.input_hash
from customers
inner join cutoffs
    on cutoffs.cutoff_on = customers.cutoff_on
left join orders
    on orders.customer_id = customers.customer_id
    and orders.cutoff_on = customers.cutoff_on
{{ join_subject('campaign', 'campaign_contacts') }}
{{ join_subject('subscription', 'subscriptions') }}
{{ join_subject('usage', 'usage_events') }}
{{ join_subject('billing', 'invoices') }}
{{ join_subject('service', 'interactions') }}
{{ join_subject('web', 'web_events') }}
