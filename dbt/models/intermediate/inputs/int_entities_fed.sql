-- One row per conformed entity: which enabled systems feed it and what they delivered up to
-- as_of. Trap: an enabled system may not have delivered yet.
{% set entities = var('entity_sources') %}
with loads as (
    {%- for entity, systems in entities.items() if systems %}
    select
        '{{ entity }}' as entity,
        '{{ systems | sort | join(",") }}' as source_systems,
        count(*) as load_count,
        max(business_on) as last_business_on
    from ({{ loads_of([entity]) }}) as {{ entity }}_loads
    union all
    {%- endfor %}
    select
        entity,
        cast(null as string) as source_systems,
        cast(0 as bigint) as load_count,
        cast(null as date) as last_business_on
    from (
        values
        {%- for entity, systems in entities.items() if not systems %}
        ('{{ entity }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ) as unfed (entity)
)

select * from loads
