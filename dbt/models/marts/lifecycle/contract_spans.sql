-- One row per customer and unbroken run of days with at least one contract in force. Trap: an
-- end after as_of is not known yet: the run counts as running (ended_on null).
with contracts as (
    select
        customer_id,
        source_system || ' ' || subscription_key as line,
        started_on,
        case
            when ended_on <= {{ as_of() }} then ended_on else cast('2999-12-31' as date)
        end as last_on
    from {{ ref('int_subscriptions_identified') }}
    where customer_id is not null and started_on <= {{ as_of() }}
),

covered as (
    select
        *,
        max(last_on) over (
            partition by customer_id
            order by started_on asc nulls last, last_on asc nulls last, line asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from contracts
    where last_on >= started_on
),

-- A contract that begins the day after another ended goes on with it.
numbered as (
    select
        *,
        cast(
            sum(
                case
                    when covered_until is null then 1
                    when {{ days_between('covered_until', 'started_on') }} > 1 then 1
                    else 0
                end
            ) over (
                partition by customer_id
                order by started_on asc nulls last, last_on asc nulls last, line asc nulls last
                rows between unbounded preceding and current row
            ) as bigint
        ) as span_no
    from covered
)

select
    customer_id,
    span_no,
    min(started_on) as started_on,
    nullif(max(last_on), cast('2999-12-31' as date)) as ended_on
from numbered
group by customer_id, span_no
