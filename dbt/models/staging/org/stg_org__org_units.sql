-- One row per unit of the company in the newest delivery.
select
    'org' as source_system,
    unit_no as org_unit_key,
    parent_no as parent_org_unit_key,
    name as org_unit_name,
    type as org_unit_type,
    valid_from as valid_from_on,
    cast(null as date) as valid_to_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'org__units') }}
where {{ is_current_load() }}
