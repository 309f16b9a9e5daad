-- One row per piece of free-text feedback, with our customer_id. Traps: the text is personal
-- and stays here, only what rules read from it goes on; what came by phone is an agent's.
select
    source_system,
    feedback_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    channel,
    language,
    rating,
    feedback_text,
    given_at,
    business_on,
    load_id
from {{ ref('feedback') }}
