-- One row per campaign of a source system, as last delivered. A campaign that is
-- delivered again replaces its earlier delivery.
with delivered as (
    {{ conformed('campaigns') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source_system, campaign_key
            order by business_on desc nulls last, load_id desc nulls last
        ) as delivery_rank
    from delivered
)

select
    source_system,
    campaign_key,
    campaign_name,
    campaign_type,
    channel,
    starts_on,
    ends_on,
    business_on,
    load_id
from ranked
where delivery_rank = 1
