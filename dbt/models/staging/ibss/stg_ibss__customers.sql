-- One row per customer record, as last delivered. Traps: a person may have several records,
-- misspelt or merged, and a record closed or merged stays a record.
select
    'ibss' as source_system,
    cast(customer_no as string) as customer_key,
    'person' as customer_type,
    full_name,
    email,
    contact_phone as phone,
    cast(null as string) as postal_code,
    address,
    -- City, district, street and flat follow each other without a blank.
    substr(address, length(city) + 1, position('区' in address) - length(city)) as district,
    city as region,
    id_number,
    cast(merged_into_no as string) as merged_into_key,
    case gender when '男' then 'male' when '女' then 'female' end as gender,
    cast(null as string) as age_band,
    cast(null as string) as income_band,
    cast(null as string) as home_ownership,
    cast(null as string) as marital_status,
    cast(null as string) as household_size,
    cast(null as string) as household_composition,
    cast(null as string) as kids_count,
    born_on,
    joined_on as registered_on,
    _business_on as business_on,
    _load_id as load_id
from {{ current_rows(source('raw', 'ibss__customers'), key=['customer_no']) }} as delivered
