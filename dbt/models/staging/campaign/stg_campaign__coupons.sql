-- One row per coupon, product and campaign as delivered. Trap: the source repeats rows.
select
    'campaign' as source_system,
    cast(coupon_upc as string) as coupon_key,
    cast(product_id as string) as product_key,
    cast(campaign_id as string) as campaign_key,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'campaign__coupons') }}
where {{ is_current_load() }}
