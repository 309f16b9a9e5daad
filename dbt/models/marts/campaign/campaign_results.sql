-- One row per campaign. Trap: customers of several campaigns count in each; for distinct
-- customers over all campaigns count in the two facts. A redemption is a response only of a
-- targeted customer from the first to the last day of the campaign.
with campaigns as (
    select
        campaign_key as campaign_id,
        campaign_type,
        starts_on,
        ends_on
    from {{ ref('campaigns') }}
),

coupons as (
    select
        campaign_key as campaign_id,
        count(distinct coupon_key) as coupon_count
    from {{ ref('coupons') }}
    group by campaign_key
),

contacts as (
    select
        campaign_id,
        count(distinct customer_id) as targeted_customers
    from {{ ref('fct_campaign_contacts') }}
    group by campaign_id
),

redemptions as (
    select
        redemptions.campaign_id,
        redemptions.customer_id,
        redemptions.is_targeted
        and redemptions.redeemed_on >= campaigns.starts_on
        and (campaigns.ends_on is null or redemptions.redeemed_on <= campaigns.ends_on)
            as is_response
    from {{ ref('fct_coupon_redemptions') }} as redemptions
    inner join campaigns
        on campaigns.campaign_id = redemptions.campaign_id
),

responses as (
    select
        campaign_id,
        count(*) as redemption_count,
        count(distinct customer_id) as redeeming_customers,
        count(distinct case when is_response then customer_id end) as responding_customers
    from redemptions
    group by campaign_id
)

select
    campaigns.campaign_id,
    campaigns.campaign_type,
    coalesce(coupons.coupon_count, 0) as coupon_count,
    coalesce(contacts.targeted_customers, 0) as targeted_customers,
    coalesce(responses.redeeming_customers, 0) as redeeming_customers,
    coalesce(responses.responding_customers, 0) as responding_customers,
    coalesce(responses.redemption_count, 0) as redemption_count,
    cast(coalesce(responses.responding_customers, 0) as double)
    / nullif(contacts.targeted_customers, 0) as response_share,
    coalesce(campaigns.ends_on < {{ as_of() }}, false) as is_over,
    campaigns.starts_on,
    campaigns.ends_on
from campaigns
left join coupons
    on coupons.campaign_id = campaigns.campaign_id
left join contacts
    on contacts.campaign_id = campaigns.campaign_id
left join responses
    on responses.campaign_id = campaigns.campaign_id
