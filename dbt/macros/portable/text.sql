{# Aggregate: the distinct values in their own order, joined by a separator. #}
{% macro string_agg_ordered(text, separator) -%}
    {{ return(adapter.dispatch('string_agg_ordered', 'tenure')(text, separator)) }}
{%- endmacro %}
{% macro duckdb__string_agg_ordered(text, separator) -%}
    string_agg(distinct {{ text }}, '{{ separator }}' order by {{ text }})
{%- endmacro %}
{% macro spark__string_agg_ordered(text, separator) -%}
    array_join(array_sort(collect_set({{ text }})), '{{ separator }}')
{%- endmacro %}
