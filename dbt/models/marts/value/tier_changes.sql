-- One row per customer and closed month: tier of the month before and of this one, direction
-- and cause. Traps: who stays is here too, so that the matrix sums to the base; a move up has
-- no cause; the cause of a move down is the part of the value that fell most.
with tiers as (
    select
        tiers.*,
        months.month_count,
        months.line_count,
        months.unit_count,
        months.fee_amount,
        months.usage_amount,
        months.credit_amount,
        months.sales_amount
    from {{ ref('customer_tiers') }} as tiers
    inner join {{ ref('customer_value_months') }} as months
        on months.customer_id = tiers.customer_id and months.month_on = tiers.month_on
),

compared as (
    select
        now.customer_id,
        before.tier as from_tier,
        now.tier as to_tier,
        coalesce(before.tier_rank, 0) as from_rank,
        now.tier_rank as to_rank,
        before.value_amount as from_value_amount,
        now.value_amount as to_value_amount,
        now.bounds_from_on <> before.bounds_from_on as has_new_bounds,
        now.line_count * before.month_count < before.line_count * now.month_count
            as has_fewer_lines,
        cast(
            now.fee_amount / now.month_count - before.fee_amount / before.month_count
            as decimal(18, 4)
        ) as fee_effect,
        cast(
            now.credit_amount / now.month_count - before.credit_amount / before.month_count
            as decimal(18, 4)
        ) as bill_effect,
        cast(
            now.usage_amount / now.month_count - before.usage_amount / before.month_count
            as decimal(18, 4)
        ) as usage_effect,
        -- Other units at the old price; what is left of the difference is the price.
        cast(
            (now.unit_count / now.month_count - before.unit_count / before.month_count)
            * coalesce(before.sales_amount / nullif(before.unit_count, 0), 0)
            as decimal(18, 4)
        ) as volume_effect,
        cast(
            now.sales_amount / now.month_count - before.sales_amount / before.month_count
            as decimal(18, 4)
        ) as sales_effect,
        now.month_on
    from tiers as now
    left join tiers as before
        on before.customer_id = now.customer_id
        and before.month_on
        = cast(date_trunc('month', {{ add_days('now.month_on', -1) }}) as date)
),

judged as (
    select
        *,
        case
            when from_tier is null then 'new'
            when to_rank > from_rank then 'up'
            when to_rank < from_rank then 'down'
            else 'same'
        end as direction,
        usage_effect + volume_effect as use_effect,
        sales_effect - volume_effect as price_effect,
        least(
            fee_effect, bill_effect, usage_effect + volume_effect, sales_effect - volume_effect
        ) as worst_effect
    from compared
)

select
    customer_id,
    from_tier,
    to_tier,
    direction,
    case
        when direction <> 'down' then null
        when has_new_bounds and to_value_amount >= from_value_amount then 'bounds'
        when fee_effect = worst_effect and has_fewer_lines then 'line_ended'
        when fee_effect = worst_effect or price_effect = worst_effect then 'price_cut'
        when bill_effect = worst_effect then 'bill'
        else 'usage'
    end as cause,
    from_value_amount,
    to_value_amount,
    cast(to_value_amount - from_value_amount as decimal(18, 2)) as value_change_amount,
    month_on
from judged
