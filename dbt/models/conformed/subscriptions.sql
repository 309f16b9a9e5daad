-- One row per line or service in use under one plan and period, as last delivered. Reads
-- every change that was delivered; the newest counts. Trap: a line that changes its plan has
-- a row for each; started_on is the first day on the plan, not of the line.
with delivered as (
    {{ conformed('subscriptions') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source_system, subscription_key, started_on
            order by business_on desc nulls last, load_id desc nulls last
        ) as delivery_rank
    from delivered
)

select
    source_system,
    subscription_key,
    customer_key,
    account_key,
    product_key,
    subscription_status,
    end_reason,
    monthly_fee_amount,
    currency,
    started_on,
    contract_ends_on,
    ended_on,
    business_on,
    load_id
from ranked
where delivery_rank = 1
