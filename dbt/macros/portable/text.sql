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

{# A 64-bit number that is the same as long as none of the columns changes; null is a value of its own. The engines give
   different numbers, and may give others in a new version: compare them only with what the same engine gave. #}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'tenure')(columns)) }}
{%- endmacro %}
{% macro duckdb__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}
{% macro spark__row_hash(columns) -%}
    xxhash64(to_json(struct({{ columns | join(', ') }}), map('ignoreNullFields', 'false')))
{%- endmacro %}
