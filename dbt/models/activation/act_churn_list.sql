-- One row per customer to be kept, most value at risk first. Trap: value at risk is the
-- churn probability times the sales of the last 182 days, not a forecast. A score without
-- a reason reads the seeds' row `none`.
with scores as (
    select * from {{ source('ml', 'churn_scores') }}
    where as_of_on = {{ as_of() }}
),

segments as (
    select * from {{ source('ml', 'customer_segments') }}
    where as_of_on = {{ as_of() }}
),

features as (
    select * from {{ ref('customer_features') }}
    where cutoff_on = {{ as_of() }}
),

reasons as (
    select * from {{ ref('churn_reasons') }}
),

valued as (
    select
        scores.*,
        segments.segment_name,
        features.recency_days,
        features.sales_182d,
        cast(scores.churn_probability * features.sales_182d as decimal(18, 2))
            as value_at_risk_amount
    from scores
    inner join features
        on features.customer_id = scores.customer_id
    left join segments
        on segments.customer_id = scores.customer_id
),

ranked as (
    select
        *,
        row_number() over (
            order by value_at_risk_amount desc nulls last, customer_id asc nulls last
        ) as list_rank
    from valued
)

select
    ranked.as_of_on,
    ranked.list_rank,
    ranked.customer_id,
    ranked.segment_name,
    ranked.churn_probability,
    ranked.value_at_risk_amount,
    first_reasons.reason_text as reason_1_text,
    second_reasons.reason_text as reason_2_text,
    third_reasons.reason_text as reason_3_text,
    actions.suggested_action,
    ranked.recency_days,
    ranked.sales_182d
from ranked
left join reasons as first_reasons
    on first_reasons.reason_code = coalesce(ranked.reason_1, 'none')
left join reasons as second_reasons
    on second_reasons.reason_code = ranked.reason_2
left join reasons as third_reasons
    on third_reasons.reason_code = ranked.reason_3
left join {{ ref('churn_actions') }} as actions
    on actions.reason_code = coalesce(ranked.reason_1, 'none')
where ranked.list_rank <= {{ var('churn_list_size') }}
