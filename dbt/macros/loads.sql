{# The ledger decides what exists: raw rows count only through a load that stands. #}

{# Predicate of a staging model: the row belongs to a load that is current at as_of. #}
{% macro is_current_load() -%}
    _load_id in (select load_id from {{ ref('stg_ops__loads') }} where is_current)
{%- endmacro %}

{# The loads with rows that feed the given conformed entities: business_on, load_id.
   The raw tables are read off the staging models, so a new source system needs no change here. #}
{% macro loads_of(entities) -%}
    select
        business_on,
        load_id
    from {{ ref('stg_ops__loads') }}
    where rows_loaded > 0 and raw_table in (
        {%- for raw_table in raw_tables_of(entities) %}'{{ raw_table }}', {% endfor -%} ''
    )
{%- endmacro %}

{% macro raw_tables_of(entities) %}
    {%- set raw_tables = [] -%}
    {%- if execute -%}
        {%- for entity in entities -%}
            {%- for system in systems_feeding(entity) -%}
                {%- set staging_id = 'model.tenure.stg_' ~ system ~ '__' ~ entity -%}
                {%- for upstream in graph.nodes[staging_id].depends_on.nodes -%}
                    {%- if upstream.startswith('source.tenure.raw.') -%}
                        {%- do raw_tables.append(upstream.split('.')[-1]) -%}
                    {%- endif -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(raw_tables | sort) }}
{% endmacro %}
