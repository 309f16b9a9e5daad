{# Date arithmetic that DuckDB and Spark spell differently. #}

{# The date that eight digits spell, year first; null where they spell none. #}
{% macro date_of_digits(digits) -%}
    {{ return(adapter.dispatch('date_of_digits', 'tenure')(digits)) }}
{%- endmacro %}
{% macro duckdb__date_of_digits(digits) -%} cast(try_strptime({{ digits }}, '%Y%m%d') as date) {%- endmacro %}
{% macro spark__date_of_digits(digits) -%} cast(try_to_timestamp({{ digits }}, 'yyyyMMdd') as date) {%- endmacro %}

{# Whole days from a to b; negative when b is earlier. #}
{% macro days_between(a, b) -%}
    {{ return(adapter.dispatch('days_between', 'tenure')(a, b)) }}
{%- endmacro %}
{% macro duckdb__days_between(a, b) -%} date_diff('day', {{ a }}, {{ b }}) {%- endmacro %}
{% macro spark__days_between(a, b) -%} cast(datediff({{ b }}, {{ a }}) as bigint) {%- endmacro %}

{# A date n days later, as a date. #}
{% macro add_days(day, n) -%}
    {{ return(adapter.dispatch('add_days', 'tenure')(day, n)) }}
{%- endmacro %}
{% macro duckdb__add_days(day, n) -%} ({{ day }} + cast({{ n }} as integer)) {%- endmacro %}
{% macro spark__add_days(day, n) -%} date_add({{ day }}, cast({{ n }} as int)) {%- endmacro %}

{# A date n months later, as a date; the last day of a month that is too short. #}
{% macro add_months(day, n) -%}
    {{ return(adapter.dispatch('add_months', 'tenure')(day, n)) }}
{%- endmacro %}
{% macro duckdb__add_months(day, n) -%}
    cast({{ day }} + to_months(cast({{ n }} as integer)) as date)
{%- endmacro %}
{% macro spark__add_months(day, n) -%} add_months({{ day }}, cast({{ n }} as int)) {%- endmacro %}

{# One row a day, both ends included: day_on. #}
{% macro days_from_to(first_day, last_day) -%}
    {{ return(adapter.dispatch('days_from_to', 'tenure')(first_day, last_day)) }}
{%- endmacro %}
{% macro duckdb__days_from_to(first_day, last_day) %}
    select cast(series.day_at as date) as day_on
    from generate_series(
        cast({{ first_day }} as timestamp), cast({{ last_day }} as timestamp), interval '1' day
    ) as series (day_at)
{% endmacro %}
{% macro spark__days_from_to(first_day, last_day) %}
    select explode(sequence({{ first_day }}, {{ last_day }}, interval '1' day)) as day_on
{% endmacro %}

{# Aggregate: number of different days among dates of one month. A bit a day costs a third of count(distinct). #}
{% macro days_of_month(day) -%}
    {{ return(adapter.dispatch('days_of_month', 'tenure')(day)) }}
{%- endmacro %}
{% macro duckdb__days_of_month(day) -%}
    cast(bit_count(bit_or(cast(1 as bigint) << (day({{ day }}) - 1))) as bigint)
{%- endmacro %}
{% macro spark__days_of_month(day) -%}
    cast(bit_count(bit_or(shiftleft(cast(1 as bigint), day({{ day }}) - 1))) as bigint)
{%- endmacro %}
