-- One row per payer account. Trap: who pays need not use: users are in bridge_account_users.
select
    account_id,
    source_system,
    account_key,
    customer_id,
    account_type,
    billing_cycle,
    payment_method,
    account_status,
    closed_on is null or closed_on >= {{ as_of() }} as is_open,
    opened_on,
    closed_on
from {{ ref('int_accounts_identified') }}
