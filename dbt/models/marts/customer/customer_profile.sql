-- One row per customer with a record of their own: the profile, as the golden record has it,
-- and where it comes from. Traps: an enquiry is no record of a customer's own; a band that a
-- source states wins over one computed from the date of birth; the date itself, names and
-- addresses are not here.
with records as (
    select
        customer_id,
        count(*) as record_count,
        min(registered_on) as joined_on
    from {{ ref('int_profiles_identified') }}
    where customer_id is not null
    group by customer_id
),

golden as (
    select
        unified.customer_id,
        unified.customer_type,
        unified.age_band,
        derived.region,
        derived.region_provenance,
        derived.gender,
        derived.gender_provenance,
        derived.born_on_provenance,
        derived.is_id_number_contradicted,
        year({{ as_of() }}) - year(derived.born_on) - case
            when month({{ as_of() }}) * 100 + day({{ as_of() }})
                < month(derived.born_on) * 100 + day(derived.born_on) then 1
            else 0
        end as age_years
    from {{ ref('int_customers_unified') }} as unified
    inner join {{ ref('int_customers_derived') }} as derived
        on derived.customer_id = unified.customer_id
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
    from golden
)

select
    records.customer_id,
    banded.customer_type,
    banded.region,
    banded.region_provenance,
    banded.gender,
    banded.gender_provenance,
    coalesce(banded.age_band, banded.computed_band) as age_band,
    case
        when banded.age_band is not null then 'source'
        when banded.born_on_provenance = 'source' then 'date of birth'
        when banded.born_on_provenance = 'ID number' then 'ID number'
    end as age_provenance,
    banded.is_id_number_contradicted,
    records.record_count,
    records.joined_on
from records
inner join banded
    on banded.customer_id = records.customer_id
