{# The systems that feed a conformed entity in this home: those of its pack. #}
{% macro systems_feeding(entity) %}
    {%- set systems = [] -%}
    {%- for system in var('entity_sources')[entity] if system in var('sources_enabled') -%}
        {%- do systems.append(system) -%}
    {%- endfor -%}
    {{ return(systems) }}
{% endmacro %}

{# A conformed entity: the union of the staging models of the systems that feed it, cut to the columns of the
   model's own contract; without a system, the same columns with no rows. dbt's unit tests render a model without
   its contract: there the staging columns pass as they are. #}
{% macro conformed(entity) %}
    {%- set columns = model.columns.values() | list if execute else [] -%}
    {%- for system in systems_feeding(entity) %}
    select
        {%- for column in columns %}
        {{ column.name }}{{ ',' if not loop.last }}
        {%- else %}
        *
        {%- endfor %}
    from {{ ref('stg_' ~ system ~ '__' ~ entity) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select
        {%- for column in columns %}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where 1 = 0
    {%- endfor %}
{% endmacro %}
