{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='cutoff_on',
    pre_hook="{{ delete_stale_partitions(label_inputs(), 'cutoff_on') }}",
) }}
-- One row per cut-off and customer who had bought by then: active at the cut-off, and gone
-- in the horizon after it or not. Trap: while the horizon is open the answer is null, not
-- false. Orders count from known_on, the later of their day and their delivery.
with inputs as (
    {{ partitions_to_build(label_inputs(), 'cutoff_on') }}
),

cutoffs as (
    select
        inputs.cutoff_on,
        inputs.input_hash,
        horizons.label_closes_on,
        horizons.is_closed
    from inputs
    inner join {{ ref('int_cutoffs_fingerprinted') }} as horizons
        on horizons.cutoff_on = inputs.cutoff_on
),

features as (
    select
        customer_id,
        cutoff_on,
        recency_days
    from {{ ref('customer_features') }}
),

order_days as (
    select
        customer_id,
        greatest(ordered_on, business_on) as known_on
    from {{ ref('fct_orders') }}
    group by customer_id, greatest(ordered_on, business_on)
),

horizon_days as (
    select
        days.known_on,
        cutoffs.cutoff_on
    from (select known_on from order_days group by known_on) as days
    inner join cutoffs
        on days.known_on > cutoffs.cutoff_on
        and days.known_on <= cutoffs.label_closes_on
    where cutoffs.is_closed
),

bought_again as (
    select
        order_days.customer_id,
        horizon_days.cutoff_on
    from order_days
    inner join horizon_days
        on horizon_days.known_on = order_days.known_on
    group by order_days.customer_id, horizon_days.cutoff_on
)

select
    features.customer_id,
    features.cutoff_on,
    features.recency_days < {{ var('churn_active_days') }} as is_active,
    case when cutoffs.is_closed then bought_again.customer_id is null end as is_churned,
    cutoffs.input_hash
from features
inner join cutoffs
    on cutoffs.cutoff_on = features.cutoff_on
left join bought_again
    on bought_again.customer_id = features.customer_id
    and bought_again.cutoff_on = features.cutoff_on
