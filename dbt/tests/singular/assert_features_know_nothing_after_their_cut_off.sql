{{ config(meta={
    'asset': 'ml.customer_features', 'dimension': 'timeliness', 'owner': 'retention', 'capability': ['X-13'],
}) }}
-- A returned row is a subject and cut-off of which a feature has used a day after the cut-off.
{%- set subjects = {
    'order_features': 'order_lines',
    'int_campaign_features_windowed': 'campaign_contacts',
    'int_subscription_features_windowed': 'subscriptions',
    'int_usage_features_windowed': 'usage_events',
    'int_billing_features_windowed': 'invoices',
    'int_service_features_windowed': 'interactions',
    'int_web_features_windowed': 'web_events',
} %}
{%- for subject, entity in subjects.items() if systems_feeding(entity) %}
select
    '{{ subject }}' as subject,
    cutoff_on,
    max(newest_on) as newest_on
from {{ ref(subject) }}
where newest_on > cutoff_on
group by cutoff_on
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
