-- One row per response. Trap: a purchase is without a coupon, at times by someone who was
-- held back.
select
    'marketing' as source_system,
    campaign_id as campaign_key,
    cast(customer_no as string) as customer_key,
    coupon as coupon_key,
    response as response_type,
    cast(responded_at as date) as responded_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'marketing__responses') }}
where {{ is_current_load() }}
