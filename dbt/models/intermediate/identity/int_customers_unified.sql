-- One row per customer with a record: the golden record. Each attribute comes from the system
-- that the seed attribute_sources trusts most with it, of equal systems from the newest record
-- that tells it. Trap: its attributes may come from several records.
{%- set attributes = [
    'customer_type', 'full_name', 'email', 'phone', 'postal_code', 'address', 'district', 'region',
    'gender', 'age_band', 'income_band', 'home_ownership', 'marital_status', 'household_size',
    'household_composition', 'kids_count', 'id_number', 'born_on',
] %}
{%- set compared = ['full_name', 'gender', 'born_on', 'id_number', 'address', 'email'] %}
with precedences as (
    select
        source_system
        {%- for attribute in attributes %},
        max(case when attribute = '{{ attribute }}' then precedence end)
            as {{ attribute }}_precedence
        {%- endfor %}
    from {{ ref('attribute_sources') }}
    group by source_system
),

records as (
    select
        *,
        -- What a system merged away is older than what it kept.
        row_number() over (
            partition by customer_id
            order by case when merged_into_key is null then 0 else 1 end asc nulls last,
                business_on desc nulls last, registered_on desc nulls last,
                source_system asc nulls last, customer_key asc nulls last
        ) as age_rank
    from {{ ref('int_customers_identified') }}
    where customer_id is not null
),

ranked as (
    select
        records.*
        {%- for attribute in attributes %},
        case
            when records.{{ attribute }} is not null
                then coalesce(precedences.{{ attribute }}_precedence, 99) * 1000000 + age_rank
        end as {{ attribute }}_rank
        {%- endfor %}
    from records
    left join precedences
        on precedences.source_system = records.source_system
)

select
    customer_id
    {%- for attribute in attributes %},
    min_by({{ attribute }}, {{ attribute }}_rank) as {{ attribute }}
    {%- endfor %},
    count(*) as record_count
    {%- for attribute in compared %},
    coalesce(min({{ attribute }}) <> max({{ attribute }}), false)
        as has_{{ attribute }}_conflict
    {%- endfor %},
    min(registered_on) as registered_on
from ranked
group by customer_id
