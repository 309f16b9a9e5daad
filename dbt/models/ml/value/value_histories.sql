-- One row per cut-off and customer: what a value model knows of the customer on that day, and
-- what came of it. Traps: sums are of decimals, so that their order cannot show; the month in
-- which a contract begins is billed in part, and is left out.
with cutoffs as (
    select * from {{ ref('value_cutoffs') }}
),

customers as (
    select * from {{ ref('value_customers') }}
),

revenues as (
    select
        months.customer_id,
        cutoffs.cutoff_on,
        cast(
            sum(
                case
                    when months.month_on <= cutoffs.last_month_on then months.revenue_amount
                end
            ) as double
        ) as last_period_amount,
        cast(
            sum(
                case
                    when months.month_on > cutoffs.last_month_on then months.revenue_amount
                end
            ) as double
        ) as outcome_amount
    from {{ ref('customer_profit_loss') }} as months
    inner join cutoffs
        on months.month_on between cutoffs.period_from_on and cutoffs.outcome_to_on
    where months.is_closed
    group by months.customer_id, cutoffs.cutoff_on
),

bills as (
    select
        parts.customer_id,
        cutoffs.cutoff_on,
        parts.sales_amount,
        parts.month_on,
        cast(parts.fee_amount + parts.usage_amount + parts.credit_amount as decimal(18, 2))
            as billed_amount
    from {{ ref('customer_revenue_parts') }} as parts
    inner join cutoffs
        on parts.month_on between cutoffs.recent_from_on and cutoffs.last_month_on
),

billed as (
    select
        customers.customer_id,
        customers.cutoff_on,
        cast(coalesce(sum(bills.billed_amount), 0) as double) as billed_amount,
        cast(coalesce(sum(bills.billed_amount * bills.billed_amount), 0) as double)
            as billed_squares,
        cast(coalesce(sum(bills.sales_amount), 0) as double) as sold_amount
    from customers
    left join bills
        on bills.customer_id = customers.customer_id
        and bills.cutoff_on = customers.cutoff_on
        and bills.month_on > customers.first_on
    where customers.basis = 'contract'
    group by customers.customer_id, customers.cutoff_on
)

select
    customers.customer_id,
    customers.basis,
    customers.order_days,
    customers.repeat_amount,
    {{ months_between('customers.first_on', 'customers.cutoff_on') }} as tenure_months,
    case
        when customers.basis = 'contract' then greatest(0, least(
            {{ months_between('customers.first_on', 'customers.cutoff_on') }},
            {{ months_between(
                'greatest(cutoffs.recent_from_on, cutoffs.first_month_on)', 'customers.cutoff_on'
            ) }} + 1
        ))
    end as month_count,
    billed.billed_amount,
    billed.billed_squares,
    billed.sold_amount,
    coalesce(revenues.last_period_amount, 0) as last_period_amount,
    case when cutoffs.cutoff_role <> 'final' then coalesce(revenues.outcome_amount, 0) end
        as outcome_amount,
    customers.cutoff_on,
    customers.first_on,
    customers.last_on
from customers
inner join cutoffs
    on cutoffs.cutoff_on = customers.cutoff_on
left join revenues
    on revenues.customer_id = customers.customer_id
    and revenues.cutoff_on = customers.cutoff_on
left join billed
    on billed.customer_id = customers.customer_id
    and billed.cutoff_on = customers.cutoff_on
order by customers.cutoff_on, customers.customer_id
