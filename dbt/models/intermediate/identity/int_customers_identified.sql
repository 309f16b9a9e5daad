-- One row per source customer record, with our customer_id. Customers without a record of
-- their own come in through their orders, contacts and responses.
select
    source_system,
    customer_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    age_band,
    income_band,
    home_ownership,
    marital_status,
    household_size,
    household_composition,
    kids_count,
    business_on,
    load_id
from {{ ref('customers') }}
