-- One row per customer: stage, tier, growth and profit as they stand at as_of. Traps: the tier
-- is that of the last closed month with one; profit looks at the last twelve closed months.
with tiers as (
    select
        *,
        row_number() over (
            partition by customer_id order by month_on desc nulls last
        ) as month_rank
    from {{ ref('customer_tiers') }}
)

select
    customers.customer_id,
    stages.lifecycle_stage,
    stages.next_action_code,
    tiers.tier,
    growth.slope_amount as growth_slope_amount,
    profit.revenue_amount as revenue_amount_12m,
    profit.net_profit_amount as net_profit_amount_12m,
    profit.is_loss_making
from {{ ref('dim_customers') }} as customers
left join {{ ref('customer_stage_actions') }} as stages
    on stages.customer_id = customers.customer_id
left join tiers
    on tiers.customer_id = customers.customer_id
    and tiers.month_rank = 1
left join {{ ref('customer_growth') }} as growth
    on growth.customer_id = customers.customer_id
left join {{ ref('customer_profit_curve') }} as profit
    on profit.customer_id = customers.customer_id
