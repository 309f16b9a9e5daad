-- One row per entry of the do-not-contact list. Feeds no conformed entity: the decision comes
-- as a consent too.
select
    'privacy' as source_system,
    entry_id as entry_key,
    cast(customer_no as string) as customer_key,
    nullif(channel, 'all') as channel,
    since as refused_on,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'privacy__do_not_contact') }}
where {{ is_current_load() }}
