{{ config(meta={
    'asset': 'marts.campaign_results', 'dimension': 'accuracy', 'owner': 'marketing', 'capability': ['CMP-1'],
}) }}
-- A returned row is a campaign whose contacts or redemptions in campaign_results differ from
-- the facts, or that responds with more customers than it targeted.
with contacts as (
    select
        campaign_id,
        count(distinct customer_id) as customers
    from {{ ref('fct_campaign_contacts') }}
    group by campaign_id
),

redemptions as (
    select
        campaign_id,
        count(*) as redemption_count,
        count(distinct customer_id) as customers
    from {{ ref('fct_coupon_redemptions') }}
    group by campaign_id
)

select
    results.campaign_id,
    results.targeted_customers,
    results.redeeming_customers,
    results.redemption_count
from {{ ref('campaign_results') }} as results
left join contacts
    on contacts.campaign_id = results.campaign_id
left join redemptions
    on redemptions.campaign_id = results.campaign_id
where
    results.targeted_customers <> coalesce(contacts.customers, 0)
    or results.redeeming_customers <> coalesce(redemptions.customers, 0)
    or results.redemption_count <> coalesce(redemptions.redemption_count, 0)
    or results.responding_customers > results.targeted_customers
