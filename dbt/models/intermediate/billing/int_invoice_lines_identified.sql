-- One row per charge on an invoice, with our customer_id and the period of its invoice. Trap:
-- the customer is the invoice's, also where a line of someone else is charged.
select
    lines.source_system,
    lines.invoice_key,
    lines.invoice_line_key,
    invoices.account_key,
    invoices.customer_id,
    lines.subscription_key,
    lines.product_key,
    lines.charge_type,
    lines.unit,
    lines.quantity,
    lines.gross_amount,
    lines.currency,
    invoices.invoice_type,
    invoices.period_from_on,
    invoices.issued_on,
    lines.business_on,
    lines.load_id
from {{ ref('invoice_lines') }} as lines
left join {{ ref('int_invoices_identified') }} as invoices
    on invoices.source_system = lines.source_system
    and invoices.invoice_key = lines.invoice_key
