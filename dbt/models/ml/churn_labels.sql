{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='cutoff_on',
    pre_hook="{{ delete_stale_partitions(label_inputs(), 'cutoff_on') }}",
) }}
-- One row per cut-off and customer who had bought by then: active at the cut-off, and gone
-- in the horizon after it or not. Trap: while the horizon is open the answer is null, not
-- false. An order counts on the business date that delivered it.
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

closed as (
    select * from cutoffs where is_closed
),

orders as (
    select
        customer_id,
        business_on
    from {{ ref('fct_orders') }}
    where
        business_on > (select min(cutoff_on) from closed)
        and business_on <= (select max(label_closes_on) from closed)
),

horizon_days as (
    select
        days.business_on,
        closed.cutoff_on
    from (select business_on from orders group by business_on) as days
    inner join closed
        on days.business_on > closed.cutoff_on
        and days.business_on <= closed.label_closes_on
),

bought_again as (
    select
        orders.customer_id,
        horizon_days.cutoff_on
    from orders
    inner join horizon_days
        on horizon_days.business_on = orders.business_on
    group by orders.customer_id, horizon_days.cutoff_on
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
