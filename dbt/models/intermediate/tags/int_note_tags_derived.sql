-- One row per text that an agent took down and tag that its words are evidence of. Traps: a
-- phrase is looked for as it stands, not understood; the text itself goes no further.
with notes as (
    select
        customer_id,
        feedback_key,
        lower(feedback_text) as note_text,
        cast(given_at as date) as given_on
    from {{ ref('int_feedback_identified') }}
    where customer_id is not null and channel = 'phone' and feedback_text is not null
),

found as (
    select
        notes.customer_id,
        notes.feedback_key,
        phrases.tag,
        max(phrases.confidence) as confidence,
        notes.given_on
    from notes
    inner join {{ ref('note_phrases') }} as phrases
        on instr(notes.note_text, phrases.phrase) > 0
    group by notes.customer_id, notes.feedback_key, phrases.tag, notes.given_on
)

select
    customer_id,
    tag,
    cast(null as string) as tag_value,
    confidence,
    given_on as from_on,
    cast(null as date) as to_on
from found
