-- One row per customer, kind of preference and choice with evidence: what they buy and where
-- they turn to us. Traps: the score is their share drawn towards everybody's while evidence is
-- thin; a lift above 1 is more than others, whatever the score.
with purchases as (
    select
        lines.customer_id,
        'category' as preference_type,
        products.department as choice,
        count(*) as evidence_count,
        max(lines.ordered_on) as last_on
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('dim_products') }} as products
        on products.product_id = lines.product_id
    where
        products.department is not null
        and lines.ordered_on > {{ add_days(as_of(), '-' ~ var('rfm_window_days')) }}
    group by lines.customer_id, products.department
),

visits as (
    select distinct
        customer_id,
        case when device_type = 'app' then 'app' else 'web' end as channel,
        cast(occurred_at as date) as seen_on
    from {{ ref('int_web_events_identified') }}
    where customer_id is not null and not is_bot
),

touches as (
    select customer_id, channel, cast(opened_at as date) as seen_on
    from {{ ref('int_interactions_identified') }}
    where
        customer_id is not null
        and channel is not null
        and direction is distinct from 'outbound'
        and interaction_type <> 'look-up'
    union all
    select customer_id, channel, seen_on from visits
),

channels as (
    select
        customer_id,
        'channel' as preference_type,
        channel as choice,
        count(*) as evidence_count,
        max(seen_on) as last_on
    from touches
    where seen_on > {{ add_days(as_of(), '-' ~ var('rfm_window_days')) }}
    group by customer_id, channel
),

evidence as (
    select customer_id, preference_type, choice, evidence_count, last_on from purchases
    union all
    select customer_id, preference_type, choice, evidence_count, last_on from channels
),

everybody as (
    select
        preference_type,
        choice,
        cast(sum(evidence_count) as double)
            / cast(sum(cast(sum(evidence_count) as bigint)) over (partition by preference_type)
            as double) as usual_share
    from evidence
    group by preference_type, choice
),

scored as (
    select
        evidence.customer_id,
        evidence.preference_type,
        evidence.choice,
        evidence.evidence_count,
        everybody.usual_share,
        evidence.last_on,
        cast(sum(evidence.evidence_count) over (
            partition by evidence.customer_id, evidence.preference_type
        ) as bigint) as total_count
    from evidence
    inner join everybody
        on everybody.preference_type = evidence.preference_type
        and everybody.choice = evidence.choice
)

select
    customer_id,
    preference_type,
    choice,
    row_number() over (
        partition by customer_id, preference_type
        order by evidence_count desc nulls last, last_on desc nulls last, choice asc nulls last
    ) as preference_rank,
    evidence_count,
    total_count,
    (evidence_count + {{ var('preference_prior') }} * usual_share)
        / (total_count + {{ var('preference_prior') }}) as score,
    cast(evidence_count as double) / total_count / usual_share as lift,
    cast({{ days_between('last_on', as_of()) }} as bigint) as recency_days,
    last_on
from scored
