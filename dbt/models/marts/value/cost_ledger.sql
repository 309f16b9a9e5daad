-- One row per month and unit cost: what all of its units cost, whoever caused them. Trap: made
-- from the drivers, not from what was given out to customers, so that the two can be compared.
with quantities as (
    select
        driver,
        product_id,
        month_on,
        cast(sum(quantity) as decimal(18, 6)) as quantity
    from {{ ref('customer_cost_drivers') }}
    group by driver, product_id, month_on
)

select
    rates.cost_key,
    rates.cost_type,
    rates.unit,
    cast(coalesce(sum(quantities.quantity), 0) as decimal(18, 6)) as quantity,
    rates.unit_cost_amount,
    cast(
        round(
            cast(
                coalesce(sum(quantities.quantity * rates.unit_cost_amount), 0)
                as decimal(28, 12)
            ), 2
        ) as decimal(18, 2)
    ) as cost_amount,
    rates.month_on
from {{ ref('int_costs_dated') }} as rates
left join {{ ref('allocation_rules') }} as rules
    on rules.cost_type = rates.cost_type
    and rules.unit = rates.unit
    and rules.valid_from_on <= rates.month_on
    and (rules.valid_to_on is null or rules.valid_to_on >= rates.month_on)
left join quantities
    on quantities.driver = rules.driver
    and quantities.month_on = rates.month_on
    and (rates.product_key is null or rates.product_key = quantities.product_id)
group by
    rates.cost_key, rates.cost_type, rates.unit, rates.unit_cost_amount, rates.month_on
