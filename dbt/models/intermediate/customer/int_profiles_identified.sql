-- One row per record of a customer, with our customer_id and what the record tells of the
-- person. Trap: prospects have no row here; they are in int_prospects_identified.
select
    source_system,
    customer_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    customer_type,
    -- Spaces and case are the clerk's.
    lower(replace(address, ' ', '')) as address_key,
    registered_on,
    business_on,
    load_id
from {{ ref('customers') }}
where customer_type is distinct from 'prospect'
