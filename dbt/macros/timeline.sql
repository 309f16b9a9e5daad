{# Events of one kind for the timeline: the columns of customer_timeline from a relation with customer_id. Expressions
   are of the relation's columns; `at` is a timestamp, `on` a day where no time is known. Rows without a customer or a
   time are left out: they are nobody's, or never happened. #}
{% macro timeline_events(relation, event_type, event_key, at=none, on=none, channel='null', detail='null',
                         source_system='null', event_count='1', amount='null') %}
    select
        customer_id,
        {{ event_type }} as event_type,
        cast({{ channel }} as string) as channel,
        cast({{ detail }} as string) as detail,
        cast({{ source_system }} as string) as source_system,
        cast({{ event_key }} as string) as event_key,
        cast({{ event_count }} as bigint) as event_count,
        cast({{ amount }} as decimal(18, 2)) as amount,
        cast({{ on or at }} as date) as occurred_on,
        {%- if at and on %}
        {{ at }} is not null as is_timed,
        coalesce({{ at }}, cast({{ on }} as timestamp)) as occurred_at
        {%- else %}
        {{ 'true' if at else 'false' }} as is_timed,
        {{ at or 'cast(' ~ on ~ ' as timestamp)' }} as occurred_at
        {%- endif %}
    from {{ relation }}
    where customer_id is not null and coalesce({{ at or 'null' }}, cast({{ on or 'null' }} as timestamp)) is not null
{% endmacro %}
