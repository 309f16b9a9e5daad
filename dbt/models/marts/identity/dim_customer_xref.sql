-- One row per source record: whose it is at as_of. Traps: records of prospects and logins have
-- an id before they belong to a customer; phone numbers are no records, they follow their line.
select
    source_system,
    {{ published_key('customer_key') }} as customer_key,
    customer_id,
    record_kind,
    reason,
    record_count,
    is_customer
from {{ source('identity', 'customer_xref') }}
