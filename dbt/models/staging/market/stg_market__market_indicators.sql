-- One row per figure and month.
select
    'market' as source_system,
    indicator as indicator_key,
    name as indicator_name,
    cast(null as string) as region,
    unit,
    licence,
    value as indicator_value,
    period_from as period_from_on,
    period_to as period_to_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'market__indicators') }}
where {{ is_current_load() }}
