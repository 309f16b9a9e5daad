-- One row per unit cost of the newest list.
select
    'billing' as source_system,
    cost_key,
    cost_type,
    product_key,
    unit,
    unit_cost as unit_cost_amount,
    'CNY' as currency,
    valid_from as valid_from_on,
    valid_to as valid_to_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'billing__cost_rates') }}
where {{ is_current_load() }}
