-- One row per payer account of a source system, as last delivered. Reads every change that
-- was delivered; the newest counts.
with delivered as (
    {{ conformed('accounts') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source_system, account_key
            order by business_on desc nulls last, load_id desc nulls last
        ) as delivery_rank
    from delivered
)

select
    source_system,
    account_key,
    customer_key,
    account_type,
    billing_cycle,
    payment_method,
    account_status,
    credit_limit_amount,
    currency,
    opened_on,
    closed_on,
    business_on,
    load_id
from ranked
where delivery_rank = 1
