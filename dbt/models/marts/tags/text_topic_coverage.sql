-- One row per month, source, kind and language of texts: in how many a topic was found. Trap: a
-- topic found need not be the right one; this tells what the rules do not know, not how sure
-- they are.
with topics as (
    select source_system, text_key, count(*) as topic_count
    from {{ ref('fct_text_topics') }}
    group by source_system, text_key
),

texts as (
    select
        texts.source_system,
        texts.text_type,
        texts.language,
        texts.customer_id is not null as is_identified,
        coalesce(topics.topic_count, 0) as topic_count,
        cast(date_trunc('month', texts.given_on) as date) as month_on
    from {{ ref('int_texts_collected') }} as texts
    left join topics
        on topics.source_system = texts.source_system
        and topics.text_key = texts.text_key
)

select
    source_system,
    text_type,
    language,
    count(*) as text_count,
    cast(count_if(is_identified) as bigint) as identified_count,
    cast(count_if(topic_count > 0) as bigint) as with_topic_count,
    cast(count_if(topic_count > 1) as bigint) as with_several_count,
    cast(count_if(topic_count > 0) as double) / count(*) as with_topic_share,
    month_on
from texts
group by month_on, source_system, text_type, language
