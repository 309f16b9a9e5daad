{{ config(meta={
    'asset': 'marts.customer_rfm', 'dimension': 'completeness', 'owner': 'customer-analytics', 'capability': ['VAL-1'],
}) }}
-- A returned row is a combination of scores that no rule of rfm_segments covers, or a
-- customer (score null) who has orders but no RFM row or scores outside 1 to 5.
with scores as (
    select * from (values (1), (2), (3), (4), (5)) as scale (score)
),

uncovered as (
    select
        recency.score as recency_score,
        frequency.score as frequency_score,
        monetary.score as monetary_score
    from scores as recency
    cross join scores as frequency
    cross join scores as monetary
    left join {{ ref('rfm_segments') }} as segments
        on recency.score between segments.recency_from and segments.recency_to
        and frequency.score between segments.frequency_from and segments.frequency_to
        and monetary.score between segments.monetary_from and segments.monetary_to
    where segments.rfm_segment is null
)

select
    cast(null as bigint) as customer_id,
    recency_score,
    frequency_score,
    monetary_score
from uncovered
union all
select
    totals.customer_id,
    rfm.recency_score,
    rfm.frequency_score,
    rfm.monetary_score
from {{ ref('customer_order_totals') }} as totals
left join {{ ref('customer_rfm') }} as rfm
    on rfm.customer_id = totals.customer_id
where
    rfm.customer_id is null
    or least(rfm.recency_score, rfm.frequency_score, rfm.monetary_score) < 1
    or greatest(rfm.recency_score, rfm.frequency_score, rfm.monetary_score) > 5
