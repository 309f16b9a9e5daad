-- One row per consent decision, with our customer_id.
select
    source_system,
    consent_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    purpose,
    channel,
    is_granted,
    decided_at,
    business_on,
    load_id
from {{ ref('consents') }}
