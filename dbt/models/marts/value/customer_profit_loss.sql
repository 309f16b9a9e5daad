-- One row per customer and month with revenue or cost. Traps: the row with customer_id null is
-- what nobody is known for (unallocated), kept so that the columns add up to the ledger; the
-- newest month is open until it is billed; without unit costs profit is revenue (is_costed).
with revenue as (
    select
        customer_id,
        month_on,
        cast(
            sum(case when revenue_type <> 'prepayment' then amount else 0 end) as decimal(18, 2)
        ) as revenue_amount,
        cast(
            sum(case when revenue_type = 'prepayment' then amount else 0 end) as decimal(18, 2)
        ) as prepaid_amount
    from {{ ref('fct_customer_revenue') }}
    group by customer_id, month_on
),

costs as (
    select
        customer_id,
        month_on,
        {%- for type in ['goods', 'network', 'service', 'campaign', 'subsidy', 'acquisition'] %}
        cast(
            sum(case when cost_type = '{{ type }}' then cost_amount else 0 end) as decimal(
                18, 2
            )
        ) as {{ type }}_cost_amount,
        {%- endfor %}
        {%- for level in ['marginal', 'total', 'net'] %}
        cast(
            sum(case when profit_level = '{{ level }}' then cost_amount else 0 end)
            as decimal(18, 2)
        ) as {{ level }}_level_amount{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_customer_costs') }}
    group by customer_id, month_on
),

costed_months as (
    select distinct month_on from {{ ref('int_costs_dated') }}
),

-- Invoices of a month come in the days after it.
closing as (
    select case when count(*) > 0 then {{ var('billing_close_days') }} else 0 end as close_days
    from {{ ref('int_invoices_identified') }}
),

-- Null customers meet each other too: keyed with -1, which no id is.
pairs as (
    select coalesce(customer_id, -1) as customer_ref, month_on from revenue
    union
    select coalesce(customer_id, -1) as customer_ref, month_on from costs
),

joined as (
    select
        nullif(pairs.customer_ref, -1) as customer_id,
        coalesce(revenue.revenue_amount, 0) as revenue_amount,
        coalesce(revenue.prepaid_amount, 0) as prepaid_amount,
        {%- for type in ['goods', 'network', 'service', 'campaign', 'subsidy', 'acquisition'] %}
        coalesce(costs.{{ type }}_cost_amount, 0) as {{ type }}_cost_amount,
        {%- endfor %}
        {%- for level in ['marginal', 'total', 'net'] %}
        coalesce(costs.{{ level }}_level_amount, 0) as {{ level }}_level_amount,
        {%- endfor %}
        costed_months.month_on is not null as is_costed,
        {{ add_days('last_day(pairs.month_on)', 'closing.close_days') }}
            <= {{ as_of() }} as is_closed,
        pairs.month_on
    from pairs
    cross join closing
    left join revenue
        on coalesce(revenue.customer_id, -1) = pairs.customer_ref
        and revenue.month_on = pairs.month_on
    left join costs
        on coalesce(costs.customer_id, -1) = pairs.customer_ref
        and costs.month_on = pairs.month_on
    left join costed_months
        on costed_months.month_on = pairs.month_on
)

select
    customer_id,
    revenue_amount,
    prepaid_amount,
    goods_cost_amount,
    network_cost_amount,
    service_cost_amount,
    campaign_cost_amount,
    subsidy_cost_amount,
    acquisition_cost_amount,
    cast(revenue_amount - marginal_level_amount as decimal(18, 2)) as marginal_profit_amount,
    cast(revenue_amount - marginal_level_amount - total_level_amount as decimal(18, 2))
        as total_profit_amount,
    cast(
        revenue_amount - marginal_level_amount - total_level_amount - net_level_amount
        as decimal(18, 2)
    ) as net_profit_amount,
    customer_id is null as is_unallocated,
    is_costed,
    is_closed,
    month_on
from joined
