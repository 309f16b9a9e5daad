-- One row per payment or refund, with our customer_id. Trap: a payment on an account is of the
-- owner of the account, whoever paid it.
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
    payments.source_system,
    payments.payment_key,
    payments.account_key,
    coalesce(
        {{ customer_id_of('payments.source_system', 'payments.customer_key') }},
        {{ customer_id_of('accounts.source_system', 'accounts.customer_key') }}
    ) as customer_id,
    payments.invoice_key,
    payments.payment_method,
    payments.amount,
    payments.currency,
    payments.paid_at,
    payments.business_on,
    payments.load_id
from {{ ref('payments') }} as payments
left join accounts
    on accounts.account_key = payments.account_key
