-- One row per customer and closed month: value and tier by the bounds in force in that month.
-- Trap: the tier of a month is judged on up to three months, see customer_value_months.
with bounds as (
    select
        *,
        lead(from_amount) over (
            partition by currency, valid_from_on order by tier_rank asc nulls last
        ) as until_amount
    from {{ ref('tier_bounds') }}
    where currency = '{{ var("reporting_currency") }}'
)

select
    months.customer_id,
    bounds.tier,
    bounds.tier_rank,
    months.value_amount,
    bounds.valid_from_on as bounds_from_on,
    months.month_on
from {{ ref('customer_value_months') }} as months
inner join bounds
    on bounds.valid_from_on <= months.month_on
    and (bounds.valid_to_on is null or bounds.valid_to_on >= months.month_on)
    and (bounds.from_amount is null or bounds.from_amount <= months.value_amount)
    and (bounds.until_amount is null or bounds.until_amount > months.value_amount)
