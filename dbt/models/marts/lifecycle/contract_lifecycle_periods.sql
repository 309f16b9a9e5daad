-- One row per customer with a contract and run of days in one lifecycle state, from the first
-- contract (or start_on, if older) to as_of. Method: every day on which a rule begins or ends
-- is a bound; between two bounds the highest priority holds; equal neighbours are one period.
with signals as (
    select
        customer_id,
        state,
        priority,
        greatest(from_on, cast('{{ var("start_on") }}' as date)) as from_on,
        least(until_on, {{ add_days(as_of(), 1) }}) as until_on
    from {{ ref('contract_signals') }}
    where
        from_on <= {{ as_of() }}
        and until_on > cast('{{ var("start_on") }}' as date)
),

bounds as (
    select customer_id, from_on as bound_on from signals
    union
    select customer_id, until_on as bound_on from signals
),

slices as (
    select
        customer_id,
        bound_on as from_on,
        lead(bound_on) over (
            partition by customer_id order by bound_on asc nulls last
        ) as until_on
    from bounds
),

ranked as (
    select
        slices.customer_id,
        slices.from_on,
        slices.until_on,
        signals.state,
        row_number() over (
            partition by slices.customer_id, slices.from_on
            order by signals.priority desc nulls last, signals.state asc nulls last
        ) as rule_rank
    from slices
    inner join signals
        on signals.customer_id = slices.customer_id
        and signals.from_on <= slices.from_on
        and signals.until_on > slices.from_on
    where slices.until_on is not null
),

changes as (
    select
        *,
        lag(state) over (
            partition by customer_id order by from_on asc nulls last
        ) as previous_state
    from ranked
    where rule_rank = 1
),

begun as (
    select
        customer_id,
        state,
        from_on,
        lead(from_on) over (
            partition by customer_id order by from_on asc nulls last
        ) as next_on
    from changes
    where previous_state is null or previous_state <> state
)

select
    customer_id,
    state,
    from_on,
    {{ add_days("coalesce(next_on, " ~ add_days(as_of(), 1) ~ ")", -1) }} as to_on
from begun
