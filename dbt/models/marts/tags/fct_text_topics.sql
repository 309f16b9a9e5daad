-- One row per text and topic found in it, with the rule that found it; never the text. Traps: a
-- text may have several topics or none (text_topic_coverage counts those); phrases are looked
-- for as they stand, not understood; a rule of one language also reads texts of the other,
-- because people mix them.
with texts as (
    select * from {{ ref('int_texts_collected') }}
),

rules as (
    select * from {{ ref('text_topic_rules') }}
),

found as (
    select
        texts.source_system,
        texts.text_key,
        texts.text_type,
        texts.customer_id,
        texts.channel,
        texts.given_on,
        rules.topic,
        rules.rule_id,
        rules.language as rule_language,
        rules.rule_version,
        count(*) as phrase_count
    from texts
    inner join rules
        on instr(
            case
                when rules.ignored_phrase is null then texts.text_words
                else replace(texts.text_words, rules.ignored_phrase, '')
            end,
            rules.phrase
        ) > 0
    group by
        texts.source_system, texts.text_key, texts.text_type, texts.customer_id,
        texts.channel, texts.given_on, rules.topic, rules.rule_id, rules.language,
        rules.rule_version
),

ranked as (
    select
        *,
        row_number() over (
            partition by source_system, text_key, topic
            order by phrase_count desc nulls last, rule_id asc nulls last
        ) as rule_rank
    from found
)

select
    source_system,
    text_key,
    text_type,
    customer_id,
    channel,
    topic,
    rule_id,
    rule_language,
    rule_version,
    phrase_count,
    given_on
from ranked
where rule_rank = 1
