-- One row per line, plan and kind of charge on an invoice.
select
    'billing' as source_system,
    invoice_key,
    cast(line_no as string) as invoice_line_key,
    cast(subscription_key as string) as subscription_key,
    plan_key as product_key,
    charge_type,
    unit,
    cast(quantity as decimal(18, 4)) as quantity,
    gross_amount,
    'CNY' as currency,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'billing__invoice_lines') }}
where {{ is_current_load() }}
