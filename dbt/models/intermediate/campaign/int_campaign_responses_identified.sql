-- One row per response of a customer to a campaign. Trap: the responding system has its own
-- name, but the campaign number is the campaign system's.
select
    source_system,
    campaign_key as campaign_id,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    coupon_key as coupon_id,
    response_type,
    responded_on,
    business_on,
    load_id
from {{ ref('campaign_responses') }}
