-- One row per customer and time of being churned: when the decline before it began. Traps: the
-- first sign of falling use is known four weeks late, so the onset lies 28 days before it;
-- where use did not fall before leaving there is no onset (null): the customer left at once.
with churned as (
    select
        customer_id,
        from_on as churned_on
    from {{ ref('customer_lifecycle_periods') }}
    where state = 'churned' and basis = 'contract'
),

signs as (
    select
        churned.customer_id,
        churned.churned_on,
        signals.from_on,
        signals.until_on,
        max(signals.until_on) over (
            partition by churned.customer_id, churned.churned_on
            order by
                signals.from_on asc nulls last, signals.until_on asc nulls last,
                signals.state asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as before_until_on
    from churned
    inner join {{ ref('contract_signals') }} as signals
        on signals.customer_id = churned.customer_id
        and signals.clock = 'use'
        and signals.from_on <= churned.churned_on
        and signals.from_on > {{ add_days('churned.churned_on', -365) }}
),

-- Signs up to four weeks apart are one decline; the last one counts, if it lasted to the end.
declines as (
    select
        customer_id,
        churned_on,
        max(
            case
                when before_until_on is null then from_on
                when from_on > {{ add_days('before_until_on', 28) }} then from_on
            end
        ) as first_sign_on,
        max(until_on) as last_until_on
    from signs
    group by customer_id, churned_on
)

select
    churned.customer_id,
    churned.churned_on,
    declines.first_sign_on,
    {{ add_days('declines.first_sign_on', -28) }} as onset_on,
    cast({{ days_between('declines.first_sign_on', 'churned.churned_on') }} as bigint)
        as notice_days
from churned
left join declines
    on declines.customer_id = churned.customer_id
    and declines.churned_on = churned.churned_on
    and declines.last_until_on >= {{ add_days('churned.churned_on', -28) }}
