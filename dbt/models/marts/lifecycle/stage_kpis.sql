-- One row per month and lifecycle stage with its key figures. Traps: all that a customer did in
-- a month counts where they ended it, as in the cube; stage unallocated holds what nobody is
-- known for, so that columns sum to the profit and loss and to all activity. A count is null
-- where the pack has no source of it; 0 is measured.
{%- set sources = {
    'order_count': 'order_lines', 'usage_event_count': 'usage_events',
    'contact_count': 'interactions', 'complaint_count': 'interactions',
    'score_count': 'interactions', 'campaign_contact_count': 'campaign_contacts',
    'campaign_response_count': 'campaign_responses',
} %}
with spells as (
    select * from {{ ref('customer_stage_spells') }}
),

moves as (
    select cast(date_trunc('month', from_on) as date) as month_on, stage, 1 as came, 0 as went
    from spells
    union all
    select
        cast(date_trunc('month', {{ add_days('to_on', 1) }}) as date) as month_on,
        stage,
        0 as came,
        1 as went
    from spells
    where next_stage is not null
),

moved as (
    select
        month_on,
        stage,
        cast(sum(came) as bigint) as entered_customers,
        cast(sum(went) as bigint) as left_customers
    from moves
    group by month_on, stage
),

summed as (
    select
        month_on,
        stage,
        count(stage_days) as customer_count,
        count_if(order_count > 0 or usage_event_count > 0) as active_customers,
        avg(cast(stage_days as double)) as mean_stage_days,
        {%- for name in sources %}
        cast(sum({{ name }}) as bigint) as {{ name }},
        {%- endfor %}
        cast(sum(score_sum) as decimal(18, 2)) as score_sum,
        cast(sum(revenue_amount) as decimal(18, 2)) as revenue_amount,
        cast(sum(net_profit_amount) as decimal(18, 2)) as net_profit_amount
    from {{ ref('customer_stage_months') }}
    group by month_on, stage
),

closed as (
    select month_on, count_if(not is_closed) = 0 as is_closed
    from {{ ref('customer_profit_loss') }}
    group by month_on
),

cells as (
    select month_on, stage from moved
    union
    select month_on, stage from summed
),

fed as (
    select
        {%- for name, entity in sources.items() %}
        count_if(entity = '{{ entity }}' and is_fed) > 0 as has_{{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('capability_status') }}
)

select
    cells.stage,
    coalesce(summed.customer_count, 0) as customer_count,
    coalesce(moved.entered_customers, 0) as entered_customers,
    coalesce(moved.left_customers, 0) as left_customers,
    case
        when fed.has_order_count or fed.has_usage_event_count
            then cast(coalesce(summed.active_customers, 0) as bigint)
    end as active_customers,
    {%- for name in sources %}
    case when fed.has_{{ name }} then coalesce(summed.{{ name }}, 0) end as {{ name }},
    {%- endfor %}
    coalesce(summed.revenue_amount, 0) as revenue_amount,
    coalesce(summed.net_profit_amount, 0) as net_profit_amount,
    cast(summed.score_sum / nullif(summed.score_count, 0) as decimal(5, 2))
        as satisfaction_score,
    summed.mean_stage_days,
    coalesce(closed.is_closed, false) as is_closed,
    cells.month_on
from cells
cross join fed
left join summed
    on summed.month_on = cells.month_on
    and summed.stage = cells.stage
left join moved
    on moved.month_on = cells.month_on
    and moved.stage = cells.stage
left join closed
    on closed.month_on = cells.month_on
