-- One row per customer and period in which a tag about what they hold holds. Trap: the lines of
-- a customer are numbered by their first day, whether the earlier ones still run or not.
with registry as (
    select tag, threshold from {{ ref('tag_registry') }}
),

holdings as (
    select
        customer_id,
        source_system,
        subscription_key,
        subscription_status,
        monthly_fee_amount,
        started_on,
        ended_on,
        contract_ends_on,
        min(started_on) over line as line_started_on,
        row_number() over (
            partition by customer_id, source_system, subscription_key
            order by started_on asc nulls last
        ) as period_number,
        row_number() over (
            partition by customer_id, source_system, subscription_key
            order by started_on desc nulls last
        ) as period_from_end
    from {{ ref('int_subscriptions_identified') }}
    where customer_id is not null
    window line as (partition by customer_id, source_system, subscription_key)
),

numbered as (
    select
        *,
        dense_rank() over (
            partition by customer_id
            order by
                line_started_on asc nulls last, source_system asc nulls last,
                subscription_key asc nulls last
        ) as line_number
    from holdings
),

periods as (
    select
        numbered.customer_id,
        registry.tag,
        numbered.started_on as from_on,
        numbered.ended_on as to_on
    from numbered
    inner join registry
        on (registry.tag = 'multi_line' and numbered.line_number >= registry.threshold)
        or (registry.tag = 'premium_plan' and numbered.monthly_fee_amount >= registry.threshold)
    union all
    select
        numbered.customer_id,
        registry.tag,
        case
            when registry.tag = 'on_contract' then numbered.started_on
            else greatest(
                numbered.started_on,
                {{ add_days('numbered.contract_ends_on', '-registry.threshold') }}
            )
        end as from_on,
        least(
            numbered.contract_ends_on, coalesce(numbered.ended_on, numbered.contract_ends_on)
        ) as to_on
    from numbered
    inner join registry on registry.tag in ('on_contract', 'contract_ending')
    where numbered.contract_ends_on is not null
    union all
    select
        customer_id,
        'plan_changer' as tag,
        started_on as from_on,
        cast(null as date) as to_on
    from numbered
    where period_number > 1
    union all
    select customer_id, 'gave_up_line' as tag, ended_on as from_on, cast(null as date) as to_on
    from numbered
    where period_from_end = 1 and ended_on is not null
)

select
    customer_id,
    tag,
    cast(null as string) as tag_value,
    cast(1 as double) as confidence,
    from_on,
    to_on
from periods
where to_on is null or to_on >= from_on
