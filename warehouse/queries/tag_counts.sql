-- Question: which tags are there, and on how many customers does each hold today?
-- Grain: one row per tag of the registry.
-- Expected on the demo: 50 rows; recent_buyer first with 2014.
select
    registry.tag,
    registry.meaning,
    registry.source,
    count(distinct tags.customer_id) filter (tags.is_current) as customers,
    count(distinct tags.customer_id) as ever
from marts.tag_registry as registry
left join marts.customer_tags as tags
    on tags.tag = registry.tag
group by all
order by customers desc, registry.tag asc;
