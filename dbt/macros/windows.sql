{# Aggregates over the last n days of a row set with `age_days`, 0 = the cut-off day. #}

{% macro count_within(days, condition='true') -%}
    cast(count_if(age_days < {{ days }} and {{ condition }}) as bigint)
{%- endmacro %}

{% macro sum_within(days, amount, data_type='decimal(18, 2)') -%}
    cast(sum(case when age_days < {{ days }} then {{ amount }} else 0 end) as {{ data_type }})
{%- endmacro %}
