{# The one place that turns a source system's customer key into our customer_id.
   All systems of the retail pack share the household number, so the number is the id: no join, which matters at
   70 million lines. Identity resolution replaces this expression by a look-up; nothing else needs to change,
   because every model that holds customers takes its ids from an int_*_identified view. #}
{% macro customer_id_of(source_system, customer_key) -%}
    try_cast({{ customer_key }} as bigint)
{%- endmacro %}
