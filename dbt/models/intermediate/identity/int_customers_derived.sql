-- One row per customer with a record: gender, date of birth and region, from the number of the
-- identity document where no record tells them. Traps: what a record tells wins, as clerks
-- mistype numbers; of a number without a possible birth date nothing is believed; its region is
-- where the document was issued.
with golden as (
    select * from {{ ref('int_customers_unified') }}
),

split as (
    select
        customer_id,
        substr(id_number, 1, 6) as region_code,
        {{ date_of_digits('substr(id_number, 7, 8)') }} as born_on,
        case
            when substr(id_number, 17, 1) in ('1', '3', '5', '7', '9') then 'male'
            when substr(id_number, 17, 1) in ('0', '2', '4', '6', '8') then 'female'
        end as gender
    from golden
    where length(id_number) = 18
),

documents as (
    select
        split.customer_id,
        split.born_on,
        split.gender,
        id_regions.region
    from split
    left join {{ ref('id_regions') }} as id_regions
        on id_regions.region_code = split.region_code
    where split.born_on between date '1900-01-01' and {{ as_of() }}
)

select
    golden.customer_id
    {%- for attribute in ['gender', 'born_on', 'region'] %},
    coalesce(golden.{{ attribute }}, documents.{{ attribute }}) as {{ attribute }},
    case
        when golden.{{ attribute }} is not null then 'source'
        when documents.{{ attribute }} is not null then 'ID number'
    end as {{ attribute }}_provenance
    {%- endfor %},
    golden.gender <> documents.gender or golden.born_on <> documents.born_on
        as is_id_number_contradicted
from golden
left join documents
    on documents.customer_id = golden.customer_id
