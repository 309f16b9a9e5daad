-- One row per member of staff in the newest delivery.
select
    'org' as source_system,
    staff_no as agent_key,
    name as agent_name,
    unit_no as org_unit_key,
    role as agent_role,
    skills as skill_codes,
    hired_on,
    left_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'org__staff') }}
where {{ is_current_load() }}
