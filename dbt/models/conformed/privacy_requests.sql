-- One row per request of a person about their own data, as last delivered: a request comes
-- again with every change of its status.
with delivered as (
    {{ conformed('privacy_requests') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source_system, request_key
            order by
                business_on desc nulls last, completed_at desc nulls last,
                load_id desc nulls last
        ) as delivery_rank
    from delivered
)

select
    source_system,
    request_key,
    customer_key,
    request_type,
    status,
    requested_at,
    due_on,
    completed_at,
    business_on,
    load_id
from ranked
where delivery_rank = 1
