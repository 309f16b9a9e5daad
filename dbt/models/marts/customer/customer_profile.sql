-- One row per customer with a record of their own: the profile, attribute by attribute from the
-- newest record that has it. Traps: a band that a source states wins over one computed from the
-- date of birth; the date itself, names and addresses are not here.
with records as (
    select
        *,
        case
            when gender in ('男', 'M', 'm', 'male') then 'male'
            when gender in ('女', 'F', 'f', 'female') then 'female'
        end as gender_name,
        year({{ as_of() }}) - year(born_on) - case
            when month({{ as_of() }}) * 100 + day({{ as_of() }})
                < month(born_on) * 100 + day(born_on) then 1
            else 0
        end as age_years
    from {{ ref('int_profiles_identified') }}
    where customer_id is not null
),

banded as (
    select
        *,
        case
            when age_years < 19 then '0-18'
            when age_years < 25 then '19-24'
            when age_years < 35 then '25-34'
            when age_years < 45 then '35-44'
            when age_years < 55 then '45-54'
            when age_years < 65 then '55-64'
            when age_years >= 65 then '65+'
        end as computed_band
    from records
),

-- The newest record that has the attribute comes first; a record without it, last.
filled as (
    select
        customer_id,
        registered_on,
        {%- for column in [
            'customer_type', 'region', 'gender_name', 'age_band', 'computed_band'
        ] %}
        first_value({{ column }}) over (
            partition by customer_id
            order by
                case when {{ column }} is null then 1 else 0 end asc nulls last,
                business_on desc nulls last, source_system asc nulls last,
                customer_key asc nulls last
        ) as known_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from banded
)

select
    customer_id,
    min(known_customer_type) as customer_type,
    min(known_region) as region,
    min(known_gender_name) as gender,
    coalesce(min(known_age_band), min(known_computed_band)) as age_band,
    case
        when min(known_age_band) is not null then 'source'
        when min(known_computed_band) is not null then 'date of birth'
    end as age_provenance,
    count(*) as record_count,
    min(registered_on) as joined_on
from filled
group by customer_id
