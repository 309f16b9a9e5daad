-- One row per invoice or credit note, with our customer_id. Trap: an invoice that names only
-- its account belongs to the owner of the account, not to who uses the line.
with accounts as (
    select
        account_key,
        min(source_system) as source_system,
        min(customer_key) as customer_key
    from {{ ref('accounts') }}
    group by account_key
    having count(*) = 1
)

select
    invoices.source_system,
    invoices.invoice_key,
    invoices.account_key,
    coalesce(
        {{ customer_id_of('invoices.source_system', 'invoices.customer_key') }},
        {{ customer_id_of('accounts.source_system', 'accounts.customer_key') }}
    ) as customer_id,
    invoices.invoice_type,
    invoices.net_amount,
    invoices.tax_amount,
    invoices.gross_amount,
    invoices.currency,
    invoices.period_from_on,
    invoices.period_to_on,
    invoices.issued_on,
    invoices.due_on,
    invoices.business_on,
    invoices.load_id
from {{ ref('invoices') }} as invoices
left join accounts
    on accounts.account_key = invoices.account_key
