-- One row per campaign and customer it contacted. Traps: a source without a date of contact
-- counts as contacted on the first day of the campaign; who was held back is not here.
with contacts as (
    select * from {{ ref('campaign_contacts') }}
),

campaigns as (
    select * from {{ ref('campaigns') }}
)

select
    contacts.source_system,
    contacts.campaign_key as campaign_id,
    {{ customer_id_of('contacts.source_system', 'contacts.customer_key',
        on='coalesce(contacts.contacted_on, campaigns.starts_on)') }} as customer_id,
    contacts.channel,
    coalesce(contacts.contacted_on, campaigns.starts_on) as contacted_on,
    contacts.business_on,
    contacts.load_id
from contacts
left join campaigns
    on campaigns.source_system = contacts.source_system
    and campaigns.campaign_key = contacts.campaign_key
where contacts.contact_status is distinct from 'held_out'
