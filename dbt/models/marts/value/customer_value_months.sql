-- One row per customer and closed month from the first one with revenue on: the sums of that
-- month and the two before. Traps: months without revenue are here, with 0; in the first two
-- months there is less to add, so value_amount is the mean of the months that there are.
with months as (
    select distinct month_on from {{ ref('customer_profit_loss') }} where is_closed
),

firsts as (
    select
        customer_id,
        min(month_on) as first_month_on
    from {{ ref('customer_revenue_parts') }}
    group by customer_id
),

grid as (
    select
        firsts.customer_id,
        months.month_on,
        coalesce(parts.line_count, 0) as line_count,
        coalesce(parts.unit_count, 0) as unit_count,
        coalesce(parts.fee_amount, 0) as fee_amount,
        coalesce(parts.usage_amount, 0) as usage_amount,
        coalesce(parts.credit_amount, 0) as credit_amount,
        coalesce(parts.sales_amount, 0) as sales_amount
    from firsts
    inner join months
        on months.month_on >= firsts.first_month_on
    left join {{ ref('customer_revenue_parts') }} as parts
        on parts.customer_id = firsts.customer_id and parts.month_on = months.month_on
),

summed as (
    select
        customer_id,
        month_on,
        count(*) over recent as month_count,
        {%- for name in ['line_count', 'unit_count'] %}
        cast(sum({{ name }}) over recent as bigint) as {{ name }},
        {%- endfor %}
        {%- for name in ['fee_amount', 'usage_amount', 'credit_amount', 'sales_amount'] %}
        cast(sum({{ name }}) over recent as decimal(18, 2)) as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from grid
    window recent as (
        partition by customer_id order by month_on asc nulls last
        rows between 2 preceding and current row
    )
)

select
    customer_id,
    month_count,
    line_count,
    unit_count,
    fee_amount,
    usage_amount,
    credit_amount,
    sales_amount,
    cast(
        (fee_amount + usage_amount + credit_amount + sales_amount) / month_count
        as decimal(18, 2)
    ) as value_amount,
    month_on
from summed
