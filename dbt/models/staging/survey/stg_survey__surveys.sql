-- One row per answer to one question. Traps: people are known by phone or by login, never by
-- customer number; who did not answer is not here; clocks are eight hours ahead of UTC.
select
    'survey' as source_system,
    response_id as response_key,
    survey_id as survey_key,
    question_id as question_key,
    coalesce('msisdn:' || phone, 'web:' || login) as customer_key,
    answer_text,
    answer_score,
    answered_at - interval '8' hour as answered_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'survey__answers') }}
where {{ is_current_load() }}
