-- One row per household that a campaign targeted, and delivery. The source has no date of
-- contact.
select
    'campaign' as source_system,
    cast(campaign_id as string) as campaign_key,
    cast(household_id as string) as customer_key,
    cast(null as string) as channel,
    cast(null as string) as contact_status,
    cast(null as date) as contacted_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'campaign__campaign_households') }}
where {{ is_current_load() }}
