-- One row per unit cost, product and month in which it is in force: the list of the month's
-- last day counts for all of the month. Trap: unit costs of one type and unit for single
-- products stand beside each other; product_key null = all products.
with months as (
    select
        month_on,
        max(day_on) as last_on
    from (
        select
            cast(date_trunc('month', day_on) as date) as month_on,
            day_on
        from (
            {{ days_from_to("cast('" ~ var('start_on') ~ "' as date)", as_of()) }}
        ) as days
    ) as month_days
    group by month_on
)

select
    rates.source_system,
    rates.cost_key,
    rates.cost_type,
    rates.product_key,
    rates.unit,
    rates.unit_cost_amount,
    rates.currency,
    months.month_on
from {{ ref('cost_rates') }} as rates
inner join months
    on rates.valid_from_on <= months.last_on
    and (rates.valid_to_on is null or rates.valid_to_on >= months.last_on)
