-- One row per customer and time in which a running contract was left unused for as long as the
-- silence rule says, counted from the last week of use. Trap: once silent, a customer stays so
-- until used again, also when use is no longer to be expected.
with rules as (
    select * from {{ ref('lifecycle_rules') }} where basis = 'contract' and clock = 'silence'
),

weeks as (
    select * from {{ ref('contract_use') }} where used_week_on is not null
),

silences as (
    select
        weeks.customer_id,
        weeks.span_no,
        weeks.used_week_on,
        {{ add_days('min(weeks.known_on)', '-1 * max(rules.from_days)') }} as began_on
    from weeks
    inner join rules
        on weeks.silent_days >= rules.from_days
        and weeks.expected_active_days >= rules.threshold
    group by weeks.customer_id, weeks.span_no, weeks.used_week_on
),

resumptions as (
    select
        customer_id,
        span_no,
        used_week_on,
        lead(min(known_on)) over (
            partition by customer_id, span_no order by used_week_on asc nulls last
        ) as resumed_on
    from weeks
    group by customer_id, span_no, used_week_on
)

select
    silences.customer_id,
    silences.span_no,
    silences.began_on,
    resumptions.resumed_on
from silences
inner join resumptions
    on resumptions.customer_id = silences.customer_id
    and resumptions.span_no = silences.span_no
    and resumptions.used_week_on = silences.used_week_on
