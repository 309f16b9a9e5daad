-- One row per answer to a survey question, with our customer_id. Trap: answers in words are
-- personal and left out.
select
    source_system,
    response_key,
    survey_key,
    question_key,
    {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
    answer_score,
    answered_at,
    business_on,
    load_id
from {{ ref('surveys') }}
