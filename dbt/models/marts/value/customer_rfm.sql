-- One row per customer with an order: how recent, how often, how much, each scored 1 to 5.
-- Trap: equal values get equal scores, so fifths need not be of equal size.
with totals as (
    select
        *,
        cast({{ days_between('last_order_on', as_of()) }} as bigint) as recency_days
    from {{ ref('customer_order_totals') }}
),

edges as (
    select * from {{ ref('customer_rfm_edges') }}
),

-- Each edge that a value exceeds is one step up; for recency one step down.
steps as (
    select
        totals.customer_id,
        count_if(edges.measure = 'recency_days' and totals.recency_days > edges.edge_value)
            as recency_steps,
        count_if(
            edges.measure = 'order_count' and totals.order_count_rfm > edges.edge_value
        ) as frequency_steps,
        count_if(
            edges.measure = 'sales_amount'
            and cast(totals.sales_amount_rfm as double) > edges.edge_value
        ) as monetary_steps
    from totals
    cross join edges
    group by totals.customer_id
),

scored as (
    select
        customer_id,
        cast(5 - recency_steps as bigint) as recency_score,
        cast(1 + frequency_steps as bigint) as frequency_score,
        cast(1 + monetary_steps as bigint) as monetary_score
    from steps
),

segments as (
    select * from {{ ref('rfm_segments') }}
),

-- The rules may overlap: the one of the lowest priority number wins.
matched as (
    select
        scored.customer_id,
        min(segments.priority) as priority
    from scored
    inner join segments
        on scored.recency_score between segments.recency_from and segments.recency_to
        and scored.frequency_score between segments.frequency_from and segments.frequency_to
        and scored.monetary_score between segments.monetary_from and segments.monetary_to
    group by scored.customer_id
)

select
    totals.customer_id,
    segments.rfm_segment,
    totals.recency_days,
    totals.order_count_rfm as order_count,
    totals.sales_amount_rfm as sales_amount,
    scored.recency_score,
    scored.frequency_score,
    scored.monetary_score,
    {{ as_of() }} as as_of_on
from totals
inner join scored
    on scored.customer_id = totals.customer_id
left join matched
    on matched.customer_id = totals.customer_id
left join segments
    on segments.priority = matched.priority
