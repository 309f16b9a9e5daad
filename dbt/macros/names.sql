{# Where a model lands: the schema as configured, with no prefix, and the catalog where the engine has one. #}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {{ return(adapter.dispatch('generate_database_name', 'tenure')(custom_database_name, node)) }}
{%- endmacro %}

{% macro default__generate_database_name(custom_database_name, node) -%}
    {{ return(custom_database_name or target.database) }}
{%- endmacro %}

{# dbt-spark knows schemas only, and refuses a database that differs from the schema. #}
{% macro spark__generate_database_name(custom_database_name, node) -%}
    {{ return(none) }}
{%- endmacro %}
