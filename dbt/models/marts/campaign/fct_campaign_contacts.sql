-- One row per campaign and customer it targeted.
select
    campaign_id,
    customer_id,
    channel,
    contacted_on,
    business_on,
    load_id
from {{ ref('int_campaign_contacts_identified') }}
