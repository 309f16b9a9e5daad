-- One row per month and level (line, account, customer) of contract business: in force at the
-- opening, started, ended and at the close. Trap: a customer who gives up one of two lines is
-- churn of a line, not of the customer; ends after as_of are not known yet.
with months as (
    select
        month_on,
        max(day_on) as last_on
    from {{ ref('dim_dates') }}
    group by month_on
),

held as (
    select
        'line' as level,
        source_system || ' ' || subscription_key as holder,
        min(started_on) as started_on,
        case when count(*) = count(ended_on) then max(ended_on) end as ended_on
    from {{ ref('int_subscriptions_identified') }}
    group by source_system || ' ' || subscription_key
    union all
    select
        'account' as level,
        source_system || ' ' || account_key as holder,
        min(started_on) as started_on,
        case when count(*) = count(ended_on) then max(ended_on) end as ended_on
    from {{ ref('int_subscriptions_identified') }}
    where account_key is not null
    group by source_system || ' ' || account_key
    union all
    select
        'customer' as level,
        cast(customer_id as string) as holder,
        started_on,
        ended_on
    from {{ ref('contract_spans') }}
),

counted as (
    select
        held.level,
        months.month_on,
        cast(count_if(held.started_on < months.month_on) as bigint) as opening_count,
        cast(count_if(held.started_on >= months.month_on) as bigint) as started_count,
        cast(count_if(coalesce(held.ended_on <= months.last_on, false)) as bigint)
            as ended_count
    from held
    inner join months
        on held.started_on <= months.last_on
        and (held.ended_on is null or held.ended_on >= months.month_on)
    group by held.level, months.month_on
)

select
    level,
    opening_count,
    started_count,
    ended_count,
    opening_count + started_count - ended_count as closing_count,
    cast(ended_count as double) / nullif(opening_count, 0) as churn_share,
    month_on
from counted
