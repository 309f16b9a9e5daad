{# A returned row is a key that occurs more than once, or a key with a null in it. #}
{% test unique_key(model, columns) %}
{{ config(meta={'dimension': 'uniqueness'}) }}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{% endtest %}
