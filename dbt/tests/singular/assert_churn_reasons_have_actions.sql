{{ config(meta={
    'asset': 'marts.churn_reasons', 'dimension': 'completeness', 'owner': 'retention', 'capability': ['PRV-3'],
}) }}
-- A returned row is a reason code that only one of the two stewards' seeds knows.
select coalesce(reasons.reason_code, actions.reason_code) as reason_code
from {{ ref('churn_reasons') }} as reasons
full outer join {{ ref('churn_actions') }} as actions
    on actions.reason_code = reasons.reason_code
where reasons.reason_code is null or actions.reason_code is null
