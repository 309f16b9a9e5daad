-- One row per offer that an observer saw. Trap: what was seen is written down days later.
select
    'market' as source_system,
    observation_id as observation_key,
    competitor as competitor_name,
    offer as competitor_product_key,
    our_product as product_key,
    city as region,
    price_cny as price_amount,
    'CNY' as currency,
    seen_on as observed_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'market__competitor_offers') }}
where {{ is_current_load() }}
