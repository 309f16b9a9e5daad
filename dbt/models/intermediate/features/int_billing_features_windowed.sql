{{ config(enabled=systems_feeding('invoices') | length > 0) }}
-- One row per cut-off and customer with an invoice in the 182 days up to it. Traps: invoice
-- and payment count from the business date that delivered them; a credit note is an invoice
-- with a negative amount and is not paid.
with cutoffs as (
    {{ partitions_to_build(feature_inputs(), 'cutoff_on') }}
),

known_loads as (
    {{ loads_at_cutoffs() }}
),

recent_loads as (
    select * from known_loads
    where age_days < 182
),

paid as (
    select
        payments.source_system,
        payments.invoice_key,
        loads.cutoff_on,
        cast(sum(payments.amount) as decimal(18, 2)) as paid_amount,
        max(cast(payments.paid_at as date)) as paid_on,
        max(loads.business_on) as newest_on
    from {{ ref('int_payments_delivered') }} as payments
    inner join recent_loads as loads
        on loads.load_id = payments.load_id
    where payments.invoice_key is not null
    group by payments.source_system, payments.invoice_key, loads.cutoff_on
),

bills as (
    select
        invoices.customer_id,
        loads.cutoff_on,
        loads.age_days,
        invoices.gross_amount,
        coalesce(invoices.invoice_type = 'credit_note', false) as is_credit,
        coalesce(paid.paid_amount, 0) as paid_amount,
        {{ days_between('invoices.issued_on', 'paid.paid_on') }} as days_to_pay,
        paid.paid_on > invoices.due_on as is_paid_late,
        coalesce(invoices.due_on, invoices.issued_on) < loads.cutoff_on
        and invoices.gross_amount > coalesce(paid.paid_amount, 0) as is_overdue,
        greatest(loads.business_on, paid.newest_on) as newest_on
    from {{ ref('int_invoices_delivered') }} as invoices
    inner join recent_loads as loads
        on loads.load_id = invoices.load_id
    left join paid
        on paid.source_system = invoices.source_system
        and paid.invoice_key = invoices.invoice_key
        and paid.cutoff_on = loads.cutoff_on
    where invoices.customer_id is not null
)

select
    bills.customer_id,
    bills.cutoff_on,
    {{ count_within(91, 'not is_credit') }} as bills_91d,
    cast({{ sum_within(91, 'gross_amount') }} as double) as billed_91d,
    cast(
        2 * {{ sum_within(91, 'gross_amount') }} - {{ sum_within(182, 'gross_amount') }}
        as double
    ) as billed_change,
    {{ count_within(182, 'is_credit') }} as credit_notes_182d,
    {{ count_within(182, 'is_overdue and not is_credit') }} as overdue_bills,
    cast(
        {{ sum_within(182, 'case when is_overdue and not is_credit'
            ~ ' then gross_amount - paid_amount else 0 end') }} as double
    ) as overdue_amount,
    {{ count_within(182, 'is_paid_late') }} as late_payments_182d,
    avg(cast(bills.days_to_pay as double)) as days_to_pay_182d,
    max(bills.newest_on) as newest_on,
    cutoffs.input_hash
from bills
inner join cutoffs
    on cutoffs.cutoff_on = bills.cutoff_on
group by bills.customer_id, bills.cutoff_on, cutoffs.input_hash
