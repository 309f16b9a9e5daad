-- One row per sales grid in the newest delivery.
select
    'org' as source_system,
    grid_no as grid_key,
    name as grid_name,
    unit_no as org_unit_key,
    cast(null as string) as h3_cell,
    residents as population_count,
    valid_from as valid_from_on,
    cast(null as date) as valid_to_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'org__grids') }}
where {{ is_current_load() }}
