{{ config(meta={
    'asset': 'marts.tier_bounds', 'dimension': 'validity', 'owner': 'customer-analytics', 'capability': ['VAL-8'],
}) }}
-- A returned row is a tier bound that leaves a value without a tier or with two: in each
-- currency and time one tier has no lower bound, a better tier begins higher, and the next time
-- begins the day after the one before ended.
with bounds as (
    select
        *,
        lag(from_amount) over (
            partition by currency, valid_from_on order by tier_rank asc nulls last
        ) as lower_amount,
        lag(tier_rank) over (
            partition by currency, valid_from_on order by tier_rank asc nulls last
        ) as lower_rank
    from {{ ref('tier_bounds') }}
),

times as (
    select
        currency,
        valid_from_on,
        min(coalesce(valid_to_on, cast('2999-12-31' as date))) as first_end_on,
        max(coalesce(valid_to_on, cast('2999-12-31' as date))) as last_end_on
    from bounds
    group by currency, valid_from_on
),

followed as (
    select
        *,
        lead(valid_from_on) over (
            partition by currency order by valid_from_on asc nulls last
        ) as next_from_on
    from times
)

select currency || ' ' || tier as broken, valid_from_on
from bounds
where
    (lower_rank is null) <> (from_amount is null)
    or lower_rank = tier_rank
    or from_amount <= lower_amount
union all
select currency as broken, valid_from_on
from followed
where
    first_end_on <> last_end_on
    or coalesce(
        next_from_on <> {{ add_days('last_end_on', 1) }},
        last_end_on <> cast('2999-12-31' as date)
    )
