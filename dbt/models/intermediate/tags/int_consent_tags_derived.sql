-- One row per consent decision, with the days on which it stood. Trap: the last decision of a
-- day counts for the day; one on a single channel is not here.
with decisions as (
    select
        customer_id,
        purpose,
        is_granted,
        cast(decided_at as date) as decided_on,
        row_number() over (
            partition by customer_id, purpose, cast(decided_at as date)
            order by
                decided_at desc nulls last, source_system asc nulls last,
                consent_key desc nulls last
        ) as day_rank
    from {{ ref('int_consents_identified') }}
    where customer_id is not null and channel is null and purpose in ('marketing', 'profiling')
),

periods as (
    select
        *,
        lead(decided_on) over (
            partition by customer_id, purpose order by decided_on asc nulls last
        ) as next_on
    from decisions
    where day_rank = 1
)

select
    customer_id,
    purpose || case when is_granted then '_ok' else '_refused' end as tag,
    cast(null as string) as tag_value,
    cast(1 as double) as confidence,
    decided_on as from_on,
    {{ add_days('next_on', -1) }} as to_on
from periods
