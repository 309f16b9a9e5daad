-- Question: what do customers write about, and in how many texts is no topic found?
-- Grain: one row per topic; a text of several topics counts in each; topic null is the
--   texts without any.
-- Expected on the demo: no rows, as the retailer delivers no texts.
select
    topics.topic,
    count(*) as texts,
    count(distinct topics.customer_id) as customers,
    min(topics.given_on) as first_on,
    max(topics.given_on) as last_on
from marts.fct_text_topics as topics
group by topics.topic
union all
select
    null as topic,
    cast(sum(coverage.text_count - coverage.with_topic_count) as bigint) as texts,
    null as customers,
    null as first_on,
    null as last_on
from marts.text_topic_coverage as coverage
having count(*) > 0
order by texts desc, topic asc;
