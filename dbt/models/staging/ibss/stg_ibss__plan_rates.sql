-- One row per price element of a plan in the newest list.
select
    'ibss' as source_system,
    rate_no as plan_rate_key,
    plan_no as product_key,
    usage_type,
    unit,
    cast(included as decimal(18, 4)) as included_quantity,
    unit_price as unit_price_amount,
    'CNY' as currency,
    valid_from_on,
    valid_to_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'ibss__plan_rates') }}
where {{ is_current_load() }}
