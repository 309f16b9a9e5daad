-- One row per cut-off and customer that a value model may look at: shoppers with their order
-- days, contracts that are in force. Traps: who ever had a contract is no shopper; a contract
-- that ends after a cut-off was in force on it.
with cutoffs as (
    select * from {{ ref('value_cutoffs') }}
),

contracts as (
    select * from {{ ref('contract_spans') }}
),

order_days as (
    select
        orders.customer_id,
        orders.ordered_on,
        cast(sum(orders.sales_amount) as decimal(18, 2)) as sales_amount
    from {{ ref('fct_orders') }} as orders
    left join contracts
        on contracts.customer_id = orders.customer_id
    where orders.customer_id is not null and contracts.customer_id is null
    group by orders.customer_id, orders.ordered_on
)

select
    order_days.customer_id,
    cutoffs.cutoff_on,
    'purchase' as basis,
    min(order_days.ordered_on) as first_on,
    max(order_days.ordered_on) as last_on,
    count(*) as order_days,
    cast(
        cast(sum(order_days.sales_amount) as decimal(18, 2))
        - min_by(order_days.sales_amount, order_days.ordered_on) as double
    ) as repeat_amount
from order_days
inner join cutoffs
    on order_days.ordered_on <= cutoffs.cutoff_on
group by order_days.customer_id, cutoffs.cutoff_on
union all
select
    contracts.customer_id,
    cutoffs.cutoff_on,
    'contract' as basis,
    contracts.started_on as first_on,
    contracts.started_on as last_on,
    cast(null as bigint) as order_days,
    cast(null as double) as repeat_amount
from contracts
inner join cutoffs
    on contracts.started_on <= cutoffs.cutoff_on
    and (contracts.ended_on is null or contracts.ended_on > cutoffs.cutoff_on)
order by cutoff_on, customer_id
