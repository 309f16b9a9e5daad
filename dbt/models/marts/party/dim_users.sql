-- One row per line or service in use: the user. Traps: the customer is who signed the contract,
-- the person with the device may be another; plan changes are in customer_products.
with periods as (
    select
        *,
        row_number() over (
            partition by source_system, subscription_key
            order by
                started_on desc nulls last, business_on desc nulls last,
                product_key asc nulls last
        ) as period_rank,
        min(started_on) over (partition by source_system, subscription_key) as first_on,
        count(*) over (partition by source_system, subscription_key) as period_count
    from {{ ref('int_subscriptions_identified') }}
)

select
    source_system || ':' || subscription_key as user_id,
    source_system,
    subscription_key,
    source_system || ':' || account_key as account_id,
    customer_id,
    product_key as product_id,
    subscription_status,
    end_reason,
    period_count,
    monthly_fee_amount,
    currency,
    ended_on is null or ended_on >= {{ as_of() }} as is_active,
    first_on as started_on,
    contract_ends_on,
    ended_on
from periods
where period_rank = 1
