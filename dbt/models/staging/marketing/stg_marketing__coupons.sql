-- One row per campaign with the coupon that it hands out, good for the product offered.
select
    'marketing' as source_system,
    coupon as coupon_key,
    product as product_key,
    campaign_id as campaign_key,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'marketing__campaigns') }}
where {{ is_current_load() }}
