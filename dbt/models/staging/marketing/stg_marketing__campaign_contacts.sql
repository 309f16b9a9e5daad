-- One row per contact, and per customer who was held back. Trap: who was held back was not
-- contacted; the status says held_out.
select
    'marketing' as source_system,
    campaign_id as campaign_key,
    cast(customer_no as string) as customer_key,
    channel,
    case audience when 'control' then 'held_out' end as contact_status,
    cast(contacted_at as date) as contacted_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'marketing__contacts') }}
where {{ is_current_load() }}
