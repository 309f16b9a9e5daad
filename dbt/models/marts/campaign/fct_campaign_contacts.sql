-- One row per campaign and customer it targeted. Trap: contacts with a phone number or login
-- that is not anybody's yet are left out.
select
    campaign_id,
    customer_id,
    channel,
    contacted_on,
    business_on,
    load_id
from {{ ref('int_campaign_contacts_identified') }}
where customer_id is not null
