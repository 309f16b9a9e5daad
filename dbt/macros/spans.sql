{# Body: the periods of each key, with those that touch or overlap made one: keys, from_on, to_on, evidence_count.
   `periods` names a CTE with the keys, from_on, to_on (last day, null = open end) and evidence_count. A line that
   changed its plan is one span, and so is a tag that was seen again before it expired. `measures` are further
   aggregates over the periods of a span. #}
{% macro merged_spans(periods, keys, measures=[]) %}
    {%- set no_end = "cast('9999-12-31' as date)" -%}
    {%- set by = keys | join(', ') -%}
    select
        {{ by }},
        min(from_on) as from_on,
        nullif(max(until_on), {{ no_end }}) as to_on,
        {%- for measure in measures %}
        {{ measure }},
        {%- endfor %}
        cast(sum(evidence_count) as bigint) as evidence_count
    from (
        select
            marked.*,
            cast(sum(case when reached_on >= {{ add_days('from_on', -1) }} then 0 else 1 end) over (
                partition by {{ by }}
                order by from_on asc nulls last, until_on asc nulls last
                rows between unbounded preceding and current row
            ) as bigint) as span_number
        from (
            select
                periods.*,
                coalesce(periods.to_on, {{ no_end }}) as until_on,
                max(coalesce(periods.to_on, {{ no_end }})) over (
                    partition by {{ by }}
                    order by from_on asc nulls last, coalesce(to_on, {{ no_end }}) asc nulls last
                    rows between unbounded preceding and 1 preceding
                ) as reached_on
            from {{ periods }} as periods
        ) as marked
    ) as spans
    group by {{ by }}, span_number
{% endmacro %}
