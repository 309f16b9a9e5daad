-- Question: which tags are there, and on how many customers does each hold today?
-- Grain: one row per tag of the registry.
-- Expected on the demo: 54 rows; the first two are of models: behaviour and
--   segment, with every customer who ever bought; then recent_buyer with 2014.
with tags as (
    select
        customer_id,
        tag,
        is_current
    from marts.customer_tags
    union all
    select
        customer_id,
        tag,
        is_current
    from activation.customer_model_tags
)

select
    registry.tag,
    registry.meaning,
    registry.source,
    count(distinct tags.customer_id) filter (tags.is_current) as customers,
    count(distinct tags.customer_id) as ever
from marts.tag_registry as registry
left join tags
    on registry.tag = tags.tag
group by all
order by customers desc, registry.tag asc;
