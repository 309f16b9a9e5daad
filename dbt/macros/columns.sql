{# Names of the columns that the contract of a model lists. Empty while dbt only parses. #}
{% macro columns_of(model_name) %}
    {{ return(graph.nodes['model.tenure.' ~ model_name].columns | list if execute else []) }}
{% endmacro %}
