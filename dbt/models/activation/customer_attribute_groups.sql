-- One row per customer: the value, the feature, the estimated and the expected groups side by
-- side, so that combinations can be asked for. Trap: null is no group of its own, it means that
-- nothing is known; value looks back, estimated and expected look ahead.
with scores as (
    select * from {{ source('ml', 'churn_scores') }}
    where as_of_on = {{ as_of() }}
),

segments as (
    select * from {{ source('ml', 'customer_segments') }}
    where as_of_on = {{ as_of() }}
),

forecasts as (
    select
        *,
        revenue_forecast_amount / horizon_months as month_amount
    from {{ source('ml', 'customer_value_forecasts') }}
    where as_of_on = {{ as_of() }}
),

bounds as (
    select
        tier,
        from_amount,
        lead(from_amount) over (order by tier_rank asc nulls last) as until_amount
    from {{ ref('tier_bounds') }}
    where
        currency = '{{ var("reporting_currency") }}'
        and valid_from_on <= {{ as_of() }}
        and (valid_to_on is null or valid_to_on >= {{ as_of() }})
)

select
    standing.customer_id,
    standing.tier as value_tier,
    case
        when profit.is_loss_making then 'loss_making'
        when profit.customer_share <= 0.2 then 'most_profitable_fifth'
        when profit.customer_id is not null then 'profitable'
    end as value_profit_class,
    segments.segment_id as feature_segment_id,
    segments.segment_name as feature_segment_name,
    case
        when scores.churn_probability >= {{ var('churn_risk_high') }} then 'high'
        when scores.churn_probability >= {{ var('churn_risk_medium') }} then 'medium'
        when scores.churn_probability is not null then 'low'
    end as estimated_churn_band,
    bounds.tier as estimated_tier,
    standing.lifecycle_stage as expected_from_stage,
    standing.next_action_code as expected_action_code,
    cast(forecasts.revenue_forecast_amount as decimal(18, 2)) as expected_revenue_amount,
    {{ as_of() }} as as_of_on
from {{ ref('customer_standing') }} as standing
left join {{ ref('customer_profit_curve') }} as profit
    on profit.customer_id = standing.customer_id
left join segments
    on segments.customer_id = standing.customer_id
left join scores
    on scores.customer_id = standing.customer_id
left join forecasts
    on forecasts.customer_id = standing.customer_id
left join bounds
    on (bounds.from_amount is null or bounds.from_amount <= forecasts.month_amount)
    and (bounds.until_amount is null or bounds.until_amount > forecasts.month_amount)
    and forecasts.customer_id is not null
