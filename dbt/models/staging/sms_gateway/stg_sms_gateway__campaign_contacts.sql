-- One row per message of a campaign. Traps: the gateway knows numbers alone, and the key says
-- msisdn: so that nothing joins by chance; the marketing system lists the same contact under
-- the customer's number.
select
    'sms_gateway' as source_system,
    campaign_ref as campaign_key,
    'msisdn:' || dest as customer_key,
    'sms' as channel,
    'sent' as contact_status,
    cast(sent_at as date) as contacted_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'sms_gateway__messages') }}
where {{ is_current_load() }} and campaign_ref is not null
