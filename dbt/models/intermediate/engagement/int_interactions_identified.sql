-- One row per contact of a customer with the company, with our customer_id. Trap: most callers
-- are known by phone only; those whom nobody could tell yet have no customer_id.
select
    source_system,
    interaction_key,
    customer_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    agent_key,
    interaction_type,
    channel,
    direction,
    topic,
    status,
    satisfaction_score,
    opened_at,
    closed_at,
    business_on,
    load_id
from {{ ref('interactions') }}
