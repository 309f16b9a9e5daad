{{ config(meta={
    'asset': 'ml.customer_features', 'dimension': 'consistency', 'owner': 'retention', 'capability': ['X-13'],
}) }}
-- A returned row is the newest cut-off with an answered label, if its features or its label
-- are not those counted once more, from the orders of the days on both sides of it.
with cutoff as (
    select max(cutoff_on) as cutoff_on from {{ ref('int_cutoffs_fingerprinted') }}
    where is_closed
),

orders as (
    {{ delivered_orders('customer_id is not null') }}
),

loads as (
    select
        used.load_id,
        cutoff.cutoff_on,
        {{ is_known_at('used', 'cutoff.cutoff_on') }} as is_before,
        used.business_on > cutoff.cutoff_on
        and used.business_on <= cutoffs.label_closes_on
        and {{ is_known_at('used', 'cutoffs.label_closes_on') }} as is_after,
        used.business_on > {{ add_days('cutoff.cutoff_on', -28) }} as is_28d,
        used.business_on > {{ add_days('cutoff.cutoff_on', -182) }} as is_182d
    from {{ ref('int_loads_used') }} as used
    cross join cutoff
    inner join {{ ref('int_cutoffs_fingerprinted') }} as cutoffs
        on cutoffs.cutoff_on = cutoff.cutoff_on
),

counted as (
    select
        orders.customer_id,
        max(case when loads.is_before then 1 else 0 end) as is_customer,
        max(case when loads.is_after then 1 else 0 end) as is_kept,
        count_if(loads.is_before and loads.is_28d) as orders_28d,
        count_if(loads.is_before and loads.is_182d) as orders_182d,
        cast(
            sum(case when loads.is_before and loads.is_182d then orders.sales_amount else 0 end)
            as decimal(18, 2)
        ) as sales_182d
    from orders
    inner join loads
        on loads.load_id = orders.load_id
    group by orders.customer_id
),

recount as (
    select
        cast(sum(orders_28d) as bigint) as orders_28d,
        cast(sum(orders_182d) as bigint) as orders_182d,
        cast(sum(sales_182d) as decimal(18, 2)) as sales_182d,
        cast(sum(is_kept) as bigint) as kept
    from counted
    where is_customer = 1
),

stored as (
    select
        features.cutoff_on,
        cast(sum(features.orders_28d) as bigint) as orders_28d,
        cast(sum(features.orders_182d) as bigint) as orders_182d,
        cast(sum(cast(features.sales_182d as decimal(18, 2))) as decimal(18, 2)) as sales_182d,
        count_if(not labels.is_churned) as kept
    from {{ ref('customer_features') }} as features
    inner join {{ ref('churn_labels') }} as labels
        on labels.customer_id = features.customer_id
        and labels.cutoff_on = features.cutoff_on
    where features.cutoff_on = (select cutoff_on from cutoff)
    group by features.cutoff_on
)

select
    stored.cutoff_on,
    stored.orders_182d,
    recount.orders_182d as orders_182d_recounted,
    stored.kept,
    recount.kept as kept_recounted
from stored
cross join recount
where
    stored.orders_28d <> recount.orders_28d
    or stored.orders_182d <> recount.orders_182d
    or stored.sales_182d <> recount.sales_182d
    or stored.kept <> recount.kept
