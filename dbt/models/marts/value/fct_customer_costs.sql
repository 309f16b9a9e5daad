-- One row per customer, month and unit cost. Trap: customer_id is null for what nobody is known
-- to have caused (unallocated). Cents are given out by running totals in the order of the
-- customers, so that the rows add up to the ledger and none is off by more than a cent.
with costs as (
    select
        rates.cost_key,
        rates.cost_type,
        rates.unit,
        rates.product_key,
        rates.unit_cost_amount,
        rules.rule_id,
        rules.version as rule_version,
        rules.driver,
        rules.profit_level,
        rates.month_on
    from {{ ref('int_costs_dated') }} as rates
    inner join {{ ref('allocation_rules') }} as rules
        on rules.cost_type = rates.cost_type
        and rules.unit = rates.unit
        and rules.valid_from_on <= rates.month_on
        and (rules.valid_to_on is null or rules.valid_to_on >= rates.month_on)
),

caused as (
    select
        costs.cost_key,
        costs.cost_type,
        costs.rule_id,
        costs.rule_version,
        costs.profit_level,
        costs.unit_cost_amount,
        costs.month_on,
        drivers.customer_id,
        cast(sum(drivers.quantity) as decimal(18, 6)) as quantity,
        cast(sum(drivers.quantity * costs.unit_cost_amount) as decimal(28, 12))
            as exact_amount
    from costs
    inner join {{ ref('customer_cost_drivers') }} as drivers
        on drivers.driver = costs.driver
        and drivers.month_on = costs.month_on
        and (costs.product_key is null or costs.product_key = drivers.product_id)
    group by
        costs.cost_key, costs.cost_type, costs.rule_id, costs.rule_version,
        costs.profit_level, costs.unit_cost_amount, costs.month_on, drivers.customer_id
),

running as (
    select
        *,
        cast(
            sum(exact_amount) over (
                partition by cost_key, month_on
                order by customer_id asc nulls last
                rows between unbounded preceding and current row
            ) as decimal(28, 12)
        ) as exact_total
    from caused
)

select
    customer_id,
    cost_key,
    cost_type,
    rule_id,
    rule_version,
    profit_level,
    quantity,
    unit_cost_amount,
    cast(
        round(exact_total, 2) - round(exact_total - exact_amount, 2) as decimal(18, 2)
    ) as cost_amount,
    month_on
from running
