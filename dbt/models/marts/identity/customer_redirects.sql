-- One row per customer_id that no record bears any more at as_of. Trap: only ids whose records
-- still exist are here.
select
    retired_customer_id,
    customer_id,
    record_count,
    retired_on
from {{ source('identity', 'customer_redirects') }}
