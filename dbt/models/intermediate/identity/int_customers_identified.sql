-- One row per source customer record, with our customer_id. Traps: customers without a record
-- of their own come in through their orders, contacts and responses; a prospect who is no
-- customer yet has no id here.
select
    source_system,
    customer_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    customer_type,
    full_name,
    email,
    phone,
    postal_code,
    address,
    district,
    region,
    gender,
    age_band,
    income_band,
    home_ownership,
    marital_status,
    household_size,
    household_composition,
    kids_count,
    id_number,
    merged_into_key,
    born_on,
    registered_on,
    business_on,
    load_id
from {{ ref('customers') }}
