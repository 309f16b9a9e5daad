-- One row per account, as last delivered.
select
    'ibss' as source_system,
    cast(account_no as string) as account_key,
    cast(customer_no as string) as customer_key,
    'private' as account_type,
    cast(billing_day as string) as billing_cycle,
    payment_method,
    status as account_status,
    cast(null as decimal(12, 2)) as credit_limit_amount,
    cast(null as string) as currency,
    opened_on,
    closed_on,
    _business_on as business_on,
    _load_id as load_id
from {{ current_rows(source('raw', 'ibss__accounts'), key=['account_no']) }} as delivered
