{{ config(meta={
    'asset': 'ml.churn_labels', 'dimension': 'consistency', 'owner': 'retention', 'capability': ['CHU-4'],
}) }}
-- A returned row is a cut-off whose features and labels disagree: other customers, windows
-- that are not nested, a label that is answered before its horizon has passed or not
-- answered although it has, or one whose horizon begins on or before the cut-off.
-- Customer ids are summed by their remainder: they are large enough for a plain sum to overflow.
with features as (
    select
        cutoff_on,
        count(*) as customers,
        cast(sum(customer_id % 1000003) as bigint) as customer_sum,
        count_if(recency_days < {{ var('churn_active_days') }}) as active_customers,
        count_if(
            orders_28d > orders_56d
            or orders_56d > orders_91d
            or orders_91d > orders_182d
            or recency_days > tenure_days
            or recency_days < 0
            or (recency_days < 182) <> (orders_182d > 0)
        ) as broken_rows
    from {{ ref('customer_features') }}
    where recency_days is not null
    group by cutoff_on
),

labels as (
    select
        cutoff_on,
        count(*) as customers,
        cast(sum(customer_id % 1000003) as bigint) as customer_sum,
        count_if(is_active) as active_customers,
        count_if(is_churned is null) as open_customers,
        count_if(
            label_opens_on <= cutoff_on
            or label_closes_on < label_opens_on
            or next_order_on not between label_opens_on and label_closes_on
            or next_order_on <= cutoff_on
            or is_churned <> (next_order_on is null)
        ) as overlapping_rows
    from {{ ref('churn_labels') }}
    group by cutoff_on
)

select
    cutoffs.cutoff_on,
    features.customers as feature_customers,
    labels.customers as label_customers,
    features.broken_rows,
    labels.open_customers,
    labels.overlapping_rows
from {{ ref('int_cutoffs_fingerprinted') }} as cutoffs
full outer join features
    on features.cutoff_on = cutoffs.cutoff_on
full outer join labels
    on labels.cutoff_on = coalesce(cutoffs.cutoff_on, features.cutoff_on)
where
    (cutoffs.cutoff_on is null)
    or features.customers is distinct from labels.customers
    or features.customer_sum is distinct from labels.customer_sum
    or features.active_customers is distinct from labels.active_customers
    or features.broken_rows > 0
    or labels.overlapping_rows > 0
    or labels.open_customers
    <> case when cutoffs.is_closed then 0 else labels.customers end
