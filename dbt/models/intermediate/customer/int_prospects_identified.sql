-- One row per record of somebody who asked about becoming a customer, with our customer_id.
-- Trap: null until the person is brought home; who has joined since has the id of a customer.
select
    source_system,
    customer_key as prospect_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    region,
    registered_on as enquired_on,
    business_on,
    load_id
from {{ ref('customers') }}
where customer_type = 'prospect'
