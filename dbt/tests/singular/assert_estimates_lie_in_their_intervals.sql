{{ config(meta={
    'asset': 'activation.customer_estimates', 'dimension': 'consistency', 'owner': 'customer-analytics',
    'capability': ['TAG-7'],
}) }}
-- A returned row is an estimate outside its interval, or one with half an interval.
select
    customer_id,
    estimate,
    subject
from {{ ref('customer_estimates') }}
where
    not coalesce(value between low_value and high_value, true)
    or (low_value is null) <> (high_value is null)
    or (low_value is null) <> (interval_pct is null)
