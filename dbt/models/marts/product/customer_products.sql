-- One row per customer, line and plan period: what a customer holds, from when to when. Traps:
-- a plan change ends one row and begins another; what was bought over the counter is no holding
-- and is in fct_order_lines.
select
    customer_id,
    source_system || ':' || subscription_key as user_id,
    source_system || ':' || account_key as account_id,
    product_key as product_id,
    subscription_status,
    end_reason,
    monthly_fee_amount,
    currency,
    ended_on is null or ended_on >= {{ as_of() }} as is_current,
    started_on as from_on,
    ended_on as to_on,
    contract_ends_on
from {{ ref('int_subscriptions_identified') }}
where customer_id is not null
