-- One row per unit cost and list that held it. Trap: a list counts from the day it was
-- delivered for until the next one, so the past keeps the costs that it had.
select
    'billing' as source_system,
    cost_key,
    cost_type,
    product_key,
    unit,
    unit_cost as unit_cost_amount,
    'CNY' as currency,
    greatest(valid_from, valid_from_on) as valid_from_on,
    -- Whichever comes first: least() passes nulls over.
    least(valid_to, {{ add_days('valid_to_on', -1) }}) as valid_to_on,
    _business_on as business_on,
    _load_id as load_id
from {{ snapshot_versions(source('raw', 'billing__cost_rates')) }} as versions
