-- One row per conformed entity: which enabled systems feed it and what they delivered up to
-- as_of. Trap: an enabled system may not have delivered yet.
{%- set fed = {} %}
{%- for entity in var('entity_sources') %}
    {%- do fed.update({entity: systems_feeding(entity)}) %}
{%- endfor %}
with loads as (
    {%- for entity, systems in fed.items() %}
    {%- if systems %}
    select
        '{{ entity }}' as entity,
        '{{ systems | sort | join(",") }}' as source_systems,
        count(*) as load_count,
        max(business_on) as last_business_on
    from ({{ loads_of([entity]) }}) as {{ entity }}_loads
    {%- else %}
    select
        '{{ entity }}' as entity,
        cast(null as string) as source_systems,
        cast(0 as bigint) as load_count,
        cast(null as date) as last_business_on
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from loads
