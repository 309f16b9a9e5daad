-- One row per line or service under one plan and period, with our customer_id. Trap: the
-- customer is who signed the contract; who uses the line or pays for it may be another.
select
    source_system,
    subscription_key,
    customer_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    account_key,
    product_key,
    subscription_status,
    end_reason,
    monthly_fee_amount,
    currency,
    started_on,
    contract_ends_on,
    ended_on,
    business_on,
    load_id
from {{ ref('subscriptions') }}
