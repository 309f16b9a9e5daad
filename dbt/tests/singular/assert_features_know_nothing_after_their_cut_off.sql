{{ config(meta={
    'asset': 'ml.customer_features', 'dimension': 'timeliness', 'owner': 'retention', 'capability': ['X-13'],
}) }}
-- A returned row is a subject and cut-off of which a feature has used a day after the cut-off.
{%- set subjects = ['order_features', 'int_campaign_features_windowed'] %}
{%- for subject in subjects %}
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
