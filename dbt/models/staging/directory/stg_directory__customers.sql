-- One row per person who asked about becoming a customer. Trap: some have become one since,
-- under another number; the key says dir: so that nothing joins by chance.
select
    'directory' as source_system,
    'dir:' || prospect_no as customer_key,
    'prospect' as customer_type,
    name_given as full_name,
    cast(null as string) as email,
    phone_no as phone,
    cast(null as string) as postal_code,
    cast(null as string) as address,
    district,
    cast(null as string) as region,
    cast(null as string) as id_number,
    cast(null as string) as merged_into_key,
    cast(null as string) as gender,
    cast(null as string) as age_band,
    cast(null as string) as income_band,
    cast(null as string) as home_ownership,
    cast(null as string) as marital_status,
    cast(null as string) as household_size,
    cast(null as string) as household_composition,
    cast(null as string) as kids_count,
    cast(null as date) as born_on,
    first_enquiry as registered_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'directory__prospects') }}
where {{ is_current_load() }}
