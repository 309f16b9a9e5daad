-- One row per customer who was asked for consent, with the last decision on each purpose.
-- Traps: null is never asked, which is no consent; a decision on one channel does not decide
-- the others.
with decisions as (
    select
        *,
        row_number() over (
            partition by customer_id, purpose
            order by
                decided_at desc nulls last, source_system asc nulls last,
                consent_key desc nulls last
        ) as decision_rank
    from {{ ref('int_consents_identified') }}
    where customer_id is not null and channel is null
)

select
    customer_id,
    max(case when purpose = 'marketing' then case when is_granted then 1 else 0 end end) = 1
        as is_marketing_granted,
    max(case when purpose = 'profiling' then case when is_granted then 1 else 0 end end) = 1
        as is_profiling_granted,
    max(case when purpose = 'marketing' then cast(decided_at as date) end)
        as marketing_decided_on,
    max(case when purpose = 'profiling' then cast(decided_at as date) end)
        as profiling_decided_on
from decisions
where decision_rank = 1
group by customer_id
