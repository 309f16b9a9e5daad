-- One row per customer and run of days in one lifecycle stage and segment. Trap: the segment of
-- a month is the value tier of the second month before, the last one that is billed on the
-- month's first day: what was known then never changes.
with months as (
    select
        month_on,
        cast(date_trunc('month', {{ add_days('month_on', -32) }}) as date) as tier_month_on,
        last_day(month_on) as last_on
    from (select distinct month_on from {{ ref('dim_dates') }}) as calendar
),

pieces as (
    select
        periods.customer_id,
        periods.stage,
        coalesce(tiers.tier, 'unrated') as segment,
        greatest(periods.from_on, months.month_on) as from_on,
        least(periods.to_on, months.last_on) as to_on
    from {{ ref('customer_lifecycle_periods') }} as periods
    inner join months
        on months.month_on <= periods.to_on and months.last_on >= periods.from_on
    left join {{ ref('customer_tiers') }} as tiers
        on tiers.customer_id = periods.customer_id and tiers.month_on = months.tier_month_on
),

changes as (
    select
        *,
        lag(stage || ' ' || segment) over (
            partition by customer_id order by from_on asc nulls last
        ) as before
    from pieces
),

begun as (
    select
        customer_id,
        stage,
        segment,
        from_on,
        lead(from_on) over (partition by customer_id order by from_on asc nulls last) as next_on
    from changes
    where before is null or before <> stage || ' ' || segment
)

select
    customer_id,
    stage,
    segment,
    from_on,
    coalesce({{ add_days('next_on', -1) }}, {{ as_of() }}) as to_on
from begun
