-- One row per text of a campaign. Feeds no conformed entity yet.
select
    'marketing' as source_system,
    template_id as template_key,
    channel,
    language,
    body,
    approved_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'marketing__templates') }}
where {{ is_current_load() }}
