-- One row per method and metric of the method tree with its last measured result. Trap: a
-- result is of the day it was measured on; null = nothing to measure yet, or no source of it in
-- the pack: is_measured tells.
with evaluation as (
    select
        'ml.churn_evaluation' as asset,
        case when model = 'difference' then metric || '_gain' else metric end as metric,
        value as measured_value,
        ci_low,
        ci_high,
        cast(n_rows as bigint) as sample_count,
        as_of_on as measured_on
    from {{ source('ml', 'churn_evaluation') }}
    where model in ('model', 'difference')
),

-- Sums of decimals are exact, in whatever order threads add them.
sales as (
    select
        segments.segment_id,
        cast(features.sales_182d as decimal(18, 2)) as amount
    from {{ source('ml', 'customer_segments') }} as segments
    inner join {{ ref('customer_features') }} as features
        on features.customer_id = segments.customer_id
        and features.cutoff_on = segments.as_of_on
    where segments.as_of_on = {{ as_of() }}
),

segments as (
    select
        segment_id,
        cast(count(*) as double) as customers,
        cast(cast(sum(amount) as decimal(38, 2)) as double) as amount,
        cast(cast(sum(amount * amount) as decimal(38, 4)) as double) as squares
    from sales
    group by segment_id
),

totals as (
    select
        cast(sum(customers) as double) as customers,
        cast(sum(amount * amount / customers) as double) as between_squares,
        cast(sum(squares) as double) as squares,
        power(cast(sum(amount) as double), 2) / cast(sum(customers) as double) as mean_squares
    from segments
),

money as (
    select
        cast(sum(case when customer_id is not null then revenue_amount end) as decimal(38, 2))
            as known_amount,
        cast(sum(revenue_amount) as decimal(38, 2)) as all_amount
    from {{ ref('customer_profit_loss') }}
    where is_closed
),

measured as (
    select asset, metric, measured_value, ci_low, ci_high, sample_count, measured_on
    from evaluation
    union all
    select
        asset, metric, measured_value, ci_low, ci_high, trials as sample_count,
        {{ as_of() }} as measured_on
    from {{ ref('method_shares') }}
    union all
    select
        'ml.customer_segments' as asset,
        'value_variance_share' as metric,
        round((between_squares - mean_squares) / nullif(squares - mean_squares, 0), 6)
            as measured_value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        cast(customers as bigint) as sample_count,
        {{ as_of() }} as measured_on
    from totals
    where squares > mean_squares
    union all
    select
        'marts.customer_profit_loss' as asset,
        'allocated_revenue_share' as metric,
        cast(known_amount as double) / nullif(cast(all_amount as double), 0)
            as measured_value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        cast(null as bigint) as sample_count,
        {{ as_of() }} as measured_on
    from money
    where all_amount <> 0
)

select
    tree.problem,
    tree.method,
    tree.asset,
    tree.metric,
    tree.meaning,
    tree.better,
    tree.owner,
    measured.measured_value,
    measured.ci_low,
    measured.ci_high,
    measured.sample_count,
    measured.measured_value is not null as is_measured,
    measured.measured_on
from {{ ref('method_tree') }} as tree
left join measured
    on measured.asset = tree.asset
    and measured.metric = tree.metric
