{# The run's business date as an SQL date. Empty while dbt only parses, so one manifest serves every date. #}
{% macro as_of() -%}
    {%- if execute -%} cast('{{ var("as_of") }}' as date) {%- endif -%}
{%- endmacro %}
