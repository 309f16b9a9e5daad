-- One row per customer whom a campaign targeted. Delivered twice counts once: the first
-- delivery is when it became known.
with delivered as (
    {{ conformed('campaign_contacts') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source_system, campaign_key, customer_key
            order by
                business_on asc nulls last, contacted_on asc nulls last,
                load_id asc nulls last
        ) as delivery_rank
    from delivered
)

select
    source_system,
    campaign_key,
    customer_key,
    channel,
    contact_status,
    contacted_on,
    business_on,
    load_id
from ranked
where delivery_rank = 1
