-- One row per conformed entity: whether the subjects that need it have input. Trap: a table
-- without input is empty, not wrong.
select
    entity,
    source_systems,
    case
        when source_systems is null then 'no source system is enabled for it'
        when load_count = 0 then 'its source systems have delivered nothing yet'
    end as reason,
    load_count,
    load_count > 0 as is_fed,
    last_business_on
from {{ ref('int_entities_fed') }}
