-- One row per change of a line on a plan. Trap: the customer pays, the user of the line may
-- be someone else, whom the system does not know.
select
    'ibss' as source_system,
    cast(line_no as string) as subscription_key,
    cast(customer_no as string) as customer_key,
    cast(account_no as string) as account_key,
    plan_no as product_key,
    status as subscription_status,
    end_reason,
    monthly_fee as monthly_fee_amount,
    'CNY' as currency,
    valid_from_on as started_on,
    contract_ends_on,
    valid_to_on as ended_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'ibss__subscriptions') }}
where {{ is_current_load() }}
