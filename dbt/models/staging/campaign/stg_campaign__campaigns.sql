-- One row per campaign and delivery.
select
    'campaign' as source_system,
    cast(campaign_id as string) as campaign_key,
    cast(null as string) as campaign_name,
    campaign_type,
    cast(null as string) as channel,
    start_date as starts_on,
    end_date as ends_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'campaign__campaigns') }}
where {{ is_current_load() }}
