-- One row per public review. Reasons given in surveys are in surveys.
select
    'survey' as source_system,
    review_id as feedback_key,
    'web:' || login as customer_key,
    'web' as channel,
    language,
    cast(rating as decimal(5, 2)) as rating,
    review_text as feedback_text,
    posted_at - interval '8' hour as given_at,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'survey__reviews') }}
where {{ is_current_load() }}
