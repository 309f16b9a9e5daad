-- One row per customer record, with our customer_id and the day it was opened. Trap: a record
-- without such a day says nothing about when the company got to know the customer.
select
    source_system,
    customer_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    customer_type,
    region,
    registered_on,
    business_on
from {{ ref('customers') }}
