-- One row per customer, estimate and subject: the value, its interval and what made it. Traps:
-- an interval is of interval_pct per cent, not the same for all; who cannot be estimated has no
-- row, never a guess.
with scores as (
    select * from {{ source('ml', 'churn_scores') }}
    where as_of_on = {{ as_of() }}
),

-- The model that scored is the one whose probabilities the scores hold.
bins as (
    select
        *,
        (predicted_mean + lag(predicted_mean) over by_bin) / 2 as from_probability,
        (predicted_mean + lead(predicted_mean) over by_bin) / 2 as until_probability
    from {{ source('ml', 'churn_calibration') }}
    window by_bin as (partition by model_id, model order by bin asc nulls last)
),

churn as (
    select
        scores.customer_id,
        scores.model_id,
        scores.churn_probability,
        scores.as_of_on,
        -- least() and greatest() pass over a null.
        case when bins.bin is not null then least(bins.ci_low, scores.churn_probability) end
            as low_value,
        case when bins.bin is not null then greatest(bins.ci_high, scores.churn_probability) end
            as high_value
    from scores
    left join bins
        on bins.model_id = scores.model_id
        and bins.model = case
            when scores.churn_probability = scores.baseline_probability then 'recency_baseline'
            else 'model'
        end
        and (
            bins.from_probability is null
            or bins.from_probability <= scores.churn_probability
        )
        and (
            bins.until_probability is null
            or bins.until_probability > scores.churn_probability
        )
),

preferences as (
    select
        *,
        total_count + {{ var('preference_prior') }} as evidence
    from {{ ref('customer_preferences') }}
    where preference_rank <= 3
),

estimates as (
    select
        customer_id,
        'revenue_forecast' as estimate,
        'next ' || horizon_months || ' months' as subject,
        '{{ var("reporting_currency") }}' as unit,
        model_id as model_version,
        revenue_forecast_amount as value,
        revenue_low_amount as low_value,
        revenue_high_amount as high_value,
        interval_pct,
        cutoff_on
    from {{ source('ml', 'customer_value_forecasts') }}
    where as_of_on = {{ as_of() }}
    union all
    select
        customer_id, 'revenue_growth' as estimate, 'up to 12 closed months' as subject,
        '{{ var("reporting_currency") }} a month' as unit, 'least_squares_1' as model_version,
        cast(slope_amount as double) as value, cast(slope_low_amount as double) as low_value,
        cast(slope_high_amount as double) as high_value, 95 as interval_pct,
        as_of_on as cutoff_on
    from {{ ref('customer_growth') }}
    where not has_too_few_points
    union all
    select
        customer_id, 'churn_probability' as estimate,
        'next {{ var("churn_horizon_days") }} days' as subject, 'probability 0-1' as unit,
        model_id as model_version, churn_probability as value, low_value, high_value,
        case when low_value is not null then 95 end as interval_pct, as_of_on as cutoff_on
    from churn
    union all
    select
        customer_id, 'preference_share' as estimate,
        preference_type || ' ' || choice as subject, 'share 0-1' as unit,
        'wilson_1' as model_version, score as value,
        least(greatest({{ wilson_bound('score * evidence', 'evidence', '-') }}, 0), score)
            as low_value,
        greatest(least({{ wilson_bound('score * evidence', 'evidence', '+') }}, 1), score)
            as high_value, 95 as interval_pct,
        {{ as_of() }} as cutoff_on
    from preferences
)

select
    customer_id,
    estimate,
    subject,
    unit,
    model_version,
    value,
    low_value,
    high_value,
    cast(interval_pct as double) as interval_pct,
    cutoff_on
from estimates
