-- One row per customer, rule and run of days in which the rule would hold, if no other of
-- higher priority did. Trap: until_on is the first day no longer; runs may reach beyond as_of
-- and beyond the contract, where the rules of priority cut them.
with rules as (
    select * from {{ ref('lifecycle_rules') }} where basis = 'contract'
),

spans as (
    select
        *,
        {{ add_days("coalesce(ended_on, cast('2998-12-31' as date))", 1) }} as over_on,
        lead(started_on) over (
            partition by customer_id order by span_no asc nulls last
        ) as next_started_on
    from {{ ref('contract_spans') }}
),

silences as (
    select
        silences.customer_id,
        silences.began_on,
        silences.resumed_on,
        coalesce(silences.resumed_on, spans.over_on) as cut_on
    from {{ ref('contract_silences') }} as silences
    inner join spans
        on spans.customer_id = silences.customer_id and spans.span_no = silences.span_no
),

contracts as (
    select
        *,
        lag(monthly_fee_amount) over (
            partition by source_system, subscription_key order by started_on asc nulls last
        ) as previous_fee_amount
    from {{ ref('int_subscriptions_identified') }}
    where customer_id is not null and started_on <= {{ as_of() }}
),

ticks as (
    select customer_id, 'contract' as clock, started_on as began_on, over_on as cut_on
    from spans
    union all
    select customer_id, 'contract_end' as clock, over_on as began_on, next_started_on as cut_on
    from spans
    where ended_on is not null
    union all
    select
        customer_id,
        case when span_no = 1 then 'first_contract' else 'contract_return' end as clock,
        started_on as began_on,
        over_on as cut_on
    from spans
    union all
    select customer_id, 'contract_return' as clock, resumed_on as began_on, null as cut_on
    from silences
    where resumed_on is not null
    union all
    select customer_id, 'silence' as clock, began_on, cut_on from silences
    union all
    select customer_id, 'complaint' as clock, cast(opened_at as date) as began_on,
        null as cut_on
    from {{ ref('int_interactions_identified') }}
    where interaction_type = 'complaint' and customer_id is not null
    union all
    select customer_id, 'term_end' as clock, contract_ends_on as began_on, ended_on as cut_on
    from contracts
    where contract_ends_on is not null
    union all
    select customer_id, 'upgrade' as clock, started_on as began_on, null as cut_on
    from contracts
    where monthly_fee_amount > previous_fee_amount
),

held as (
    select
        ticks.customer_id,
        rules.state,
        rules.clock,
        rules.priority,
        {{ add_days('ticks.began_on', 'rules.from_days') }} as from_on,
        least(
            coalesce(
                {{ add_days('ticks.began_on', 'rules.until_days') }}, cast('2999-12-31' as date)
            ),
            coalesce(ticks.cut_on, cast('2999-12-31' as date))
        ) as until_on
    from ticks
    inner join rules
        on rules.clock = ticks.clock
    union all
    select
        use.customer_id,
        rules.state,
        rules.clock,
        rules.priority,
        {{ add_days('use.known_on', 'rules.from_days') }} as from_on,
        {{ add_days('use.known_on', 'rules.until_days') }} as until_on
    from {{ ref('contract_use') }} as use
    inner join rules
        on rules.clock = 'use' and use.use_index < rules.threshold
    where use.decline_evidence >= {{ var('use_decline_evidence') }}
),

firsts as (
    select customer_id, min(started_on) as first_started_on
    from spans
    group by customer_id
)

select
    held.customer_id,
    held.state,
    held.clock,
    held.priority,
    greatest(held.from_on, firsts.first_started_on) as from_on,
    held.until_on
from held
inner join firsts
    on firsts.customer_id = held.customer_id
where held.until_on > greatest(held.from_on, firsts.first_started_on)
