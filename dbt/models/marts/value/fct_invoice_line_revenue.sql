-- One row per invoice line, with its part of the invoice before tax. Traps: an invoice without
-- lines is a row of its own (line key ''); cents are given out by running totals, so that the
-- lines of an invoice add up to its net amount.
with invoices as (
    select * from {{ ref('int_invoices_identified') }} where issued_on <= {{ as_of() }}
),

lines as (
    select
        invoices.source_system,
        invoices.invoice_key,
        coalesce(lines.invoice_line_key, '') as invoice_line_key,
        invoices.customer_id,
        lines.subscription_key,
        lines.product_key,
        lines.charge_type,
        invoices.net_amount,
        coalesce(lines.gross_amount, invoices.gross_amount) as gross_amount,
        cast(date_trunc('month', coalesce(invoices.period_from_on, invoices.issued_on)) as date)
            as month_on
    from invoices
    left join {{ ref('int_invoice_lines_identified') }} as lines
        on lines.source_system = invoices.source_system
        and lines.invoice_key = invoices.invoice_key
),

running as (
    select
        *,
        cast(
            sum(gross_amount) over (
                partition by source_system, invoice_key
                order by invoice_line_key asc nulls last
                rows between unbounded preceding and current row
            ) as decimal(18, 2)
        ) as gross_until,
        cast(
            sum(gross_amount) over (partition by source_system, invoice_key)
            as decimal(18, 2)
        ) as gross_total
    from lines
),

shares as (
    select
        *,
        -- Lines that cancel out carry nothing; the last one then takes the whole amount.
        cast(
            coalesce(net_amount * gross_until / nullif(gross_total, 0), 0) as decimal(18, 6)
        ) as net_until,
        row_number() over (
            partition by source_system, invoice_key order by invoice_line_key desc nulls last
        ) as position_from_last
    from running
),

rounded as (
    select
        *,
        case when position_from_last = 1 then net_amount else round(net_until, 2) end
            as net_until_cents
    from shares
)

select
    source_system,
    invoice_key,
    invoice_line_key,
    customer_id,
    subscription_key,
    product_key as product_id,
    charge_type,
    case
        when charge_type = 'credit' or net_amount < 0 then 'credit'
        when charge_type = 'fee' then 'fee'
        else 'usage'
    end as revenue_part,
    cast(
        net_until_cents - lag(net_until_cents, 1, 0) over (
            partition by source_system, invoice_key order by invoice_line_key asc nulls last
        ) as decimal(18, 2)
    ) as net_amount,
    month_on
from rounded
