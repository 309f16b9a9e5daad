-- One row per attribute of customer_360: where it comes from, how full and how fresh it is.
-- Trap: the fill rate is over all customers; a subject without a source in the pack has rate 0.
{%- set attributes = columns_of('customer_360') %}
with counts as (
    select
        {%- for attribute in attributes %}
        count({{ attribute }}) as {{ attribute }},
        {%- endfor %}
        count(*) as customer_count
    from {{ ref('customer_360') }}
),

registry as (
    select * from {{ ref('attribute_registry') }}
),

filled as (
    select
        registry.attribute,
        counts.customer_count,
        case registry.attribute
            {%- for attribute in attributes %}
            when '{{ attribute }}' then counts.{{ attribute }}
            {%- endfor %}
            else 0
        end as filled_count
    from registry
    cross join counts
),

fed as (
    select entity, last_business_on from {{ ref('int_entities_fed') }}
)

select
    registry.attribute,
    registry.subject,
    registry.source_precedence,
    registry.value_order,
    filled.filled_count,
    filled.customer_count,
    cast(filled.filled_count as double) / nullif(filled.customer_count, 0) as fill_share,
    registry.is_key,
    fed.last_business_on as fresh_on
from registry
inner join filled
    on filled.attribute = registry.attribute
left join fed
    on fed.entity = registry.entity
