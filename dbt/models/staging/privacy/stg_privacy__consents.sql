-- One row per decision about one purpose. Trap: clocks are eight hours ahead of UTC all year.
select
    'privacy' as source_system,
    consent_id as consent_key,
    cast(customer_no as string) as customer_key,
    purpose,
    cast(null as string) as channel,
    cast(null as string) as legal_basis,
    decision = 'granted' as is_granted,
    decided_at - interval '8' hour as decided_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'privacy__consents') }}
where {{ is_current_load() }}
