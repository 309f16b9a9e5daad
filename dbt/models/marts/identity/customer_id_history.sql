-- One row per source record and period: whose it was. Traps: empty where all systems share one
-- customer number, which never changes; an id of part of a day is no period.
select
    source_system,
    {{ published_key('customer_key') }} as customer_key,
    customer_id,
    valid_from_on,
    case when valid_to_on <= {{ as_of() }} then valid_to_on end as valid_to_on
from {{ source('identity_history', 'customer_ids') }}
where valid_from_on <= {{ as_of() }}
    and (valid_to_on is null or valid_to_on > valid_from_on)
