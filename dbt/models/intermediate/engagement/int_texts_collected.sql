-- One row per text in a customer's matter, whatever way it came: complaint, note, review,
-- reason in a survey. Traps: the text is personal and stays here; who wrote it may be nobody
-- known.
with texts as (
    select
        source_system,
        feedback_key as text_key,
        'feedback' as text_type,
        customer_id,
        channel,
        language,
        feedback_text as text_words,
        coalesce(cast(given_at as date), business_on) as given_on
    from {{ ref('int_feedback_identified') }}
    where feedback_text is not null
    union all
    select
        source_system,
        response_key as text_key,
        'survey' as text_type,
        {{ customer_id_of('source_system', 'customer_key') }} as customer_id,
        cast(null as string) as channel,
        cast(null as string) as language,
        answer_text as text_words,
        coalesce(cast(answered_at as date), business_on) as given_on
    from {{ ref('surveys') }}
    where answer_text is not null
)

select
    source_system,
    text_key,
    text_type,
    customer_id,
    channel,
    language,
    lower(text_words) as text_words,
    given_on
from texts
