-- One row per payment. Trap: the system's clocks are eight hours ahead of UTC all year.
select
    'billing' as source_system,
    payment_key,
    cast(account_key as string) as account_key,
    cast(null as string) as customer_key,
    invoice_key,
    payment_method,
    amount,
    'CNY' as currency,
    paid_at - interval '8' hour as paid_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'billing__payments') }}
where {{ is_current_load() }}
