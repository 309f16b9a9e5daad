-- One row per payer account, with our customer_id. Trap: an owner whom no rule has brought home
-- has a null id; the account stays.
select
    source_system,
    source_system || ':' || account_key as account_id,
    account_key,
    customer_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    account_type,
    billing_cycle,
    payment_method,
    account_status,
    opened_on,
    closed_on,
    business_on,
    load_id
from {{ ref('accounts') }}
