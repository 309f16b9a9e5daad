{{ config(meta={
    'asset': 'activation.act_churn_list', 'dimension': 'completeness', 'owner': 'retention', 'capability': ['CHU-6'],
}) }}
-- A returned row is a listed customer whose rank leaves a gap, whose value at risk is above
-- the rank before, or whose strongest reason has no words or no action in the seeds.
with list as (
    select
        *,
        row_number() over (order by list_rank asc nulls last) as position_in_list,
        lag(value_at_risk_amount) over (
            order by list_rank asc nulls last
        ) as previous_amount
    from {{ ref('act_churn_list') }}
)

select
    list.list_rank,
    list.customer_id,
    scores.reason_1
from list
inner join {{ source('ml', 'churn_scores') }} as scores
    on scores.customer_id = list.customer_id and scores.as_of_on = list.as_of_on
where
    list.list_rank <> list.position_in_list
    or list.value_at_risk_amount > list.previous_amount
    or list.reason_1_text is null
    or list.suggested_action is null
