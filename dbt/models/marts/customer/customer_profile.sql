-- One row per customer with a record of their own: the profile, as the golden record has it.
-- Traps: an enquiry is no record of a customer's own; a band that a source states wins over one
-- computed from the date of birth; the date itself, names and addresses are not here.
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
        *,
        year({{ as_of() }}) - year(born_on) - case
            when month({{ as_of() }}) * 100 + day({{ as_of() }})
                < month(born_on) * 100 + day(born_on) then 1
            else 0
        end as age_years
    from {{ ref('int_customers_unified') }}
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
    banded.gender,
    coalesce(banded.age_band, banded.computed_band) as age_band,
    case
        when banded.age_band is not null then 'source'
        when banded.computed_band is not null then 'date of birth'
    end as age_provenance,
    records.record_count,
    records.joined_on
from records
inner join banded
    on banded.customer_id = records.customer_id
