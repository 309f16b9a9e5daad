-- One row per invoice or credit note. Trap: a credit note is a row of its own with negative
-- amounts; the invoice that it corrects stays as it was.
select
    'billing' as source_system,
    invoice_key,
    cast(account_key as string) as account_key,
    cast(customer_key as string) as customer_key,
    invoice_type,
    net_amount,
    tax_amount,
    gross_amount,
    'CNY' as currency,
    period_from as period_from_on,
    period_to as period_to_on,
    issued_on,
    due_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'billing__invoices') }}
where {{ is_current_load() }}
