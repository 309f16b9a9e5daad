-- One row per customer and tag that a model gives at as_of; same columns as customer_tags.
-- Trap: a model speaks of the business date alone, so there is no past here: a tag begins on
-- as_of and holds as long as the registry says, unless the next run says otherwise.
with registry as (
    select * from {{ ref('tag_registry') }} where source = 'model'
),

scores as (
    select * from {{ source('ml', 'churn_scores') }} where as_of_on = {{ as_of() }}
),

segments as (
    select * from {{ source('ml', 'customer_segments') }} where as_of_on = {{ as_of() }}
),

evidence as (
    select
        scores.customer_id,
        registry.tag,
        case when registry.tag = 'churn_reason' then scores.reason_1 end as tag_value,
        scores.churn_probability as confidence
    from scores
    inner join registry
        on scores.churn_probability >= registry.threshold
        and (
            registry.tag = 'churn_risk_high'
            or (registry.tag = 'churn_reason' and scores.reason_1 is not null)
        )
    union all
    select
        segments.customer_id,
        registry.tag,
        case
            when registry.tag = 'segment' then segments.segment_id
            else segments.behaviour_cluster
        end as tag_value,
        cast(1 as double) as confidence
    from segments
    inner join registry
        on registry.tag = 'segment' or registry.tag = 'behaviour'
)

select
    evidence.customer_id,
    evidence.tag,
    evidence.tag_value,
    registry.source,
    registry.rule_id,
    registry.rule_version,
    cast(1 as bigint) as evidence_count,
    evidence.confidence,
    true as is_current,
    {{ as_of() }} as from_on,
    {{ add_days(as_of(), 'registry.expires_days - 1') }} as to_on
from evidence
inner join registry
    on registry.tag = evidence.tag
order by evidence.tag, evidence.customer_id
