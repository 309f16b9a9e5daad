{{ config(meta={
    'asset': 'marts.customer_lifecycle_periods', 'dimension': 'validity', 'owner': 'customer-analytics', 'capability': ['LIF-1'],
}) }}
-- A returned row is a move between two states that lifecycle_transitions does not allow or
-- does not know, and how often it happened.
with periods as (
    select
        case when basis = 'any' then 'contract' else basis end as basis,
        state,
        coalesce(
            lag(state) over (partition by customer_id order by from_on asc nulls last), 'none'
        ) as previous_state
    from {{ ref('customer_lifecycle_periods') }}
),

moves as (
    select
        basis,
        previous_state,
        state,
        count(*) as move_count
    from periods
    group by basis, previous_state, state
)

select
    moves.basis,
    moves.previous_state,
    moves.state,
    moves.move_count
from moves
left join {{ ref('lifecycle_transitions') }} as transitions
    on transitions.basis = moves.basis
    and transitions.from_state = moves.previous_state
    and transitions.to_state = moves.state
where not coalesce(transitions.is_allowed, false)
