-- One row per customer who bought, was billed or paid. Traps: an order of a line's add-on may
-- be on a bill too, so purchases and bills are not summed; what never happened is null, not 0;
-- amounts are in the reporting currency.
with orders as (
    select * from {{ ref('customer_order_totals') }}
),

invoices as (
    select
        customer_id,
        count(*) as invoice_count,
        cast(sum(gross_amount) as decimal(18, 2)) as invoiced_amount,
        cast(sum(
            case when {{ days_between('issued_on', as_of()) }} < 91 then gross_amount else 0 end
        ) as decimal(18, 2)) as invoiced_amount_91d,
        max(issued_on) as last_invoice_on
    from {{ ref('int_invoices_identified') }}
    where customer_id is not null
    group by customer_id
),

payments as (
    select
        customer_id,
        cast(sum(amount) as decimal(18, 2)) as paid_amount,
        max(cast(paid_at as date)) as last_payment_on
    from {{ ref('int_payments_identified') }}
    where customer_id is not null
    group by customer_id
),

seen as (
    select customer_id from orders
    union
    select customer_id from invoices
    union
    select customer_id from payments
)

select
    seen.customer_id,
    orders.order_count,
    orders.order_count_rfm,
    invoices.invoice_count,
    orders.sales_amount,
    orders.sales_amount_rfm,
    invoices.invoiced_amount,
    invoices.invoiced_amount_91d,
    payments.paid_amount,
    case
        when coalesce(invoices.customer_id, payments.customer_id) is not null then cast(
            coalesce(invoices.invoiced_amount, 0) - coalesce(payments.paid_amount, 0)
            as decimal(18, 2)
        )
    end as balance_amount,
    orders.first_order_on,
    orders.last_order_on,
    invoices.last_invoice_on,
    payments.last_payment_on
from seen
left join orders on orders.customer_id = seen.customer_id
left join invoices on invoices.customer_id = seen.customer_id
left join payments on payments.customer_id = seen.customer_id
