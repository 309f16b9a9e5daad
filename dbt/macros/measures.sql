{# Figures about figures. #}

{# One end of Wilson's 95 % interval of a share; side is + or -. Null without trials. #}
{% macro wilson_bound(successes, trials, side) -%}
    {%- set z = 1.959964 -%}
    {%- set hits = 'cast(' ~ successes ~ ' as double)' -%}
    {%- set n = 'cast(' ~ trials ~ ' as double)' -%}
    (
        {{ hits }} + {{ z * z / 2 }}
        {{ side }} {{ z }} * sqrt({{ hits }} * ({{ n }} - {{ hits }}) / nullif({{ n }}, 0) + {{ z * z / 4 }})
    ) / ({{ n }} + {{ z * z }})
{%- endmacro %}
