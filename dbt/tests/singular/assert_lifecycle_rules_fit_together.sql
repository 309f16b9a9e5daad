{{ config(meta={
    'asset': 'marts.lifecycle_rules', 'dimension': 'validity', 'owner': 'customer-analytics', 'capability': ['LIF-1'],
}) }}
-- A returned row is a lifecycle rule that leaves days without a state or with two. Purchase:
-- states on the purchase clock must begin at 0, follow each other and end open; the head start
-- of new and returned customers must end before they can cool down. Contract: every rule has a
-- priority of its own, the lowest is the open rule on the contract clock, and whatever happens
-- once a contract ended is churned. A state belongs to one stage.
with rules as (
    select
        *,
        lag(until_days, 1, 0) over (
            partition by basis, clock order by from_days asc nulls last
        ) as previous_until,
        row_number() over (
            partition by basis, clock order by from_days desc nulls last
        ) as position_from_last,
        rank() over (partition by basis order by priority asc nulls last) as priority_rank,
        count(*) over (partition by basis, priority) as equals_count,
        min(stage) over (partition by state) as state_stage
    from {{ ref('lifecycle_rules') }}
),

cooling as (
    select min(until_days) as cool_after from rules where clock = 'purchase'
)

select
    rules.basis,
    rules.state,
    rules.clock,
    rules.from_days,
    rules.until_days
from rules
cross join cooling
where
    rules.stage <> rules.state_stage
    or rules.stage not in (
        'prospect', 'onboarding', 'stable', 'upgraded', 'declining', 'at_risk', 'churned',
        'won_back'
    )
    or (
        rules.basis = 'purchase'
        and (
            rules.clock not in ('purchase', 'first_purchase', 'return')
            or coalesce(rules.from_days <> rules.previous_until, true)
            or (
                rules.clock = 'purchase'
                and (rules.position_from_last = 1) <> (rules.until_days is null)
            )
            or (
                rules.clock <> 'purchase'
                and coalesce(rules.until_days > cooling.cool_after, true)
            )
        )
    )
    or (
        rules.basis = 'contract'
        and (
            rules.clock not in (
                'contract', 'first_contract', 'contract_return', 'contract_end', 'term_end',
                'upgrade', 'complaint', 'use', 'silence'
            )
            or rules.priority is null
            or rules.equals_count > 1
            or (rules.priority_rank = 1) <> (rules.clock = 'contract')
            or (rules.clock in ('contract_end', 'silence')) <> (rules.state = 'churned')
            or (rules.clock in ('use', 'silence') and rules.threshold is null)
            or (
                rules.clock in ('contract', 'contract_end', 'silence')
                and rules.until_days is not null
            )
        )
    )
    or rules.basis not in ('purchase', 'contract', 'any')
