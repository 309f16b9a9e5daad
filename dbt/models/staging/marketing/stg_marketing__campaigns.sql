-- One row per campaign.
select
    'marketing' as source_system,
    campaign_id as campaign_key,
    name as campaign_name,
    kind as campaign_type,
    channel,
    starts_on,
    ends_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'marketing__campaigns') }}
where {{ is_current_load() }}
