{# Month arithmetic that both engines spell alike; where they differ: portable/dates.sql. #}

{# Months from that of a to that of b, whatever the days. #}
{% macro months_between(a, b) -%}
    cast(12 * (year({{ b }}) - year({{ a }})) + month({{ b }}) - month({{ a }}) as bigint)
{%- endmacro %}
