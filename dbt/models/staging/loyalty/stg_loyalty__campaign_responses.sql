-- One row per coupon that a household redeemed on a day.
select
    'loyalty' as source_system,
    cast(campaign_id as string) as campaign_key,
    cast(household_id as string) as customer_key,
    cast(coupon_upc as string) as coupon_key,
    'redemption' as response_type,
    redemption_date as responded_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'loyalty__coupon_redemptions') }}
where {{ is_current_load() }}
