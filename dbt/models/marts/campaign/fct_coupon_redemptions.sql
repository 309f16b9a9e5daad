-- One row per coupon that a customer redeemed on a day. Trap: a coupon may be redeemed by a
-- customer whom the campaign did not target.
with redemptions as (
    select * from {{ ref('int_campaign_responses_identified') }}
    where response_type = 'redemption' and customer_id is not null
),

contacts as (
    select
        campaign_id,
        customer_id
    from {{ ref('fct_campaign_contacts') }}
)

select
    redemptions.source_system,
    redemptions.campaign_id,
    redemptions.coupon_id,
    redemptions.customer_id,
    contacts.customer_id is not null as is_targeted,
    redemptions.responded_on as redeemed_on,
    redemptions.business_on,
    redemptions.load_id
from redemptions
left join contacts
    on contacts.campaign_id = redemptions.campaign_id
    and contacts.customer_id = redemptions.customer_id
