-- One row per line and plan, as last delivered. Trap: the customer pays, the user may
-- be someone else, whom the system does not know.
select
    'ibss' as source_system,
    cast(line_no as string) as subscription_key,
    cast(customer_no as string) as customer_key,
    cast(account_no as string) as account_key,
    plan_no as product_key,
    phone_no as phone,
    status as subscription_status,
    end_reason,
    monthly_fee as monthly_fee_amount,
    'CNY' as currency,
    effective_on as started_on,
    contract_ends_on,
    expires_on as ended_on,
    _business_on as business_on,
    _load_id as load_id
from {{ current_rows(source('raw', 'ibss__subscriptions'), key=['line_no', 'effective_on']) }}
    as delivered
