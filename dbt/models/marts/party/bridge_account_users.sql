-- One row per account, user and unbroken time in which the account paid for the user. Trap:
-- changes of plan do not break it; a change of account does.
with periods as (
    select
        source_system || ':' || account_key as account_id,
        source_system || ':' || subscription_key as user_id,
        started_on as from_on,
        ended_on as to_on,
        1 as evidence_count
    from {{ ref('int_subscriptions_identified') }}
    where account_key is not null
),

spans as (
    {{ merged_spans('periods', ['account_id', 'user_id']) }}
)

select
    account_id,
    user_id,
    evidence_count as period_count,
    from_on,
    to_on
from spans
