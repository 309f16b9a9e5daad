-- One row per customer on record at as_of: stage, segment and the next best action of the
-- playbook. Trap: where rows of the playbook overlap the lowest priority number wins.
with held as (
    select * from {{ ref('customer_stage_periods') }} where to_on = {{ as_of() }}
),

matched as (
    select
        held.customer_id,
        min(playbook.priority) as priority
    from held
    inner join {{ ref('stage_playbook') }} as playbook
        on playbook.stage = held.stage
        and (playbook.segment = '*' or playbook.segment = held.segment)
    group by held.customer_id
)

select
    held.customer_id,
    held.stage as lifecycle_stage,
    held.segment,
    playbook.next_action_code,
    cast({{ days_between('held.from_on', as_of()) }} + 1 as bigint) as stage_days,
    {{ as_of() }} as as_of_on
from held
left join matched
    on matched.customer_id = held.customer_id
left join {{ ref('stage_playbook') }} as playbook
    on playbook.priority = matched.priority
