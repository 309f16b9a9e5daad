-- One row per source record and period: whose it was. Trap: empty where all systems share one
-- customer number, which never changes.
select
    source_system,
    {{ published_key('customer_key') }} as customer_key,
    customer_id,
    valid_from_on,
    case when valid_to_on <= {{ as_of() }} then valid_to_on end as valid_to_on
from {{ source('identity_history', 'customer_ids') }}
where valid_from_on <= {{ as_of() }}
