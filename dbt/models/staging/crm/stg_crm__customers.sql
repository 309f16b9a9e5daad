-- One row per household with known demographics in the newest delivery.
select
    'crm' as source_system,
    cast(household_id as string) as customer_key,
    'household' as customer_type,
    cast(null as string) as full_name,
    cast(null as string) as email,
    cast(null as string) as phone,
    cast(null as string) as postal_code,
    cast(null as string) as address,
    cast(null as string) as district,
    cast(null as string) as region,
    cast(null as string) as id_number,
    cast(null as string) as merged_into_key,
    cast(null as string) as gender,
    age as age_band,
    income as income_band,
    home_ownership,
    marital_status,
    household_size,
    household_comp as household_composition,
    kids_count,
    cast(null as date) as born_on,
    cast(null as date) as registered_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'crm__demographics') }}
where {{ is_current_load() }}
