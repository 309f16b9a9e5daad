{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='cutoff_on',
    pre_hook="{{ delete_stale_partitions(label_inputs(), 'cutoff_on') }}",
) }}
-- One row per cut-off and customer who had bought by then: active at the cut-off, and gone
-- in the horizon after it or not. Traps: while the horizon is open the answer is null, not
-- false; an order counts on the business date that delivered it, as known when the horizon
-- closed.
with inputs as (
    {{ partitions_to_build(label_inputs(), 'cutoff_on') }}
),

cutoffs as (
    select
        inputs.cutoff_on,
        inputs.input_hash,
        horizons.label_opens_on,
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
    where recency_days is not null
),

horizon_loads as (
    select
        loads.load_id,
        loads.business_on,
        cutoffs.cutoff_on
    from cutoffs
    inner join {{ ref('int_loads_used') }} as loads
        on loads.business_on between cutoffs.label_opens_on and cutoffs.label_closes_on
        and {{ is_known_at('loads', 'cutoffs.label_closes_on') }}
    where cutoffs.is_closed
),

orders as (
    {{ delivered_orders('load_id in (select load_id from horizon_loads)') }}
),

bought_again as (
    select
        orders.customer_id,
        horizon_loads.cutoff_on,
        min(horizon_loads.business_on) as first_on
    from orders
    inner join horizon_loads
        on horizon_loads.load_id = orders.load_id
    group by orders.customer_id, horizon_loads.cutoff_on
)

select
    features.customer_id,
    features.cutoff_on,
    cutoffs.label_opens_on,
    cutoffs.label_closes_on,
    bought_again.first_on as next_order_on,
    features.recency_days < {{ var('churn_active_days') }} as is_active,
    case when cutoffs.is_closed then bought_again.customer_id is null end as is_churned,
    cutoffs.input_hash
from features
inner join cutoffs
    on cutoffs.cutoff_on = features.cutoff_on
left join bought_again
    on bought_again.customer_id = features.customer_id
    and bought_again.cutoff_on = features.cutoff_on
