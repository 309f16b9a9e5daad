{{ config(meta={
    'asset': 'marts.customer_profit_loss', 'dimension': 'accuracy', 'owner': 'finance', 'capability': ['VAL-5'],
}) }}
-- A returned row is a month and figure whose customers, with what nobody is known for, do not
-- add up to the ledger: invoices and order lines for revenue, drivers times unit costs for
-- costs. Not a cent may be missing.
with ledger as (
    select
        'revenue' as figure,
        cast(date_trunc('month', coalesce(period_from_on, issued_on)) as date) as month_on,
        cast(sum(net_amount) as decimal(18, 2)) as amount
    from {{ ref('int_invoices_identified') }}
    where issued_on <= {{ as_of() }}
    group by cast(date_trunc('month', coalesce(period_from_on, issued_on)) as date)
    union all
    select
        'revenue' as figure,
        cast(date_trunc('month', ordered_on) as date) as month_on,
        cast(sum(sales_amount) as decimal(18, 2)) as amount
    from {{ ref('fct_order_lines') }}
    group by cast(date_trunc('month', ordered_on) as date)
    union all
    select
        'cost' as figure,
        month_on,
        cast(sum(cost_amount) as decimal(18, 2)) as amount
    from {{ ref('cost_ledger') }}
    group by month_on
),

customers as (
    select
        'revenue' as figure,
        month_on,
        cast(sum(revenue_amount + prepaid_amount) as decimal(18, 2)) as amount
    from {{ ref('customer_profit_loss') }}
    group by month_on
    union all
    select
        'cost' as figure,
        month_on,
        cast(sum(revenue_amount - net_profit_amount) as decimal(18, 2)) as amount
    from {{ ref('customer_profit_loss') }}
    group by month_on
    union all
    select
        'cost by type' as figure,
        month_on,
        cast(
            sum(
                revenue_amount - net_profit_amount - goods_cost_amount - network_cost_amount
                - service_cost_amount - campaign_cost_amount - subsidy_cost_amount
                - acquisition_cost_amount
            ) as decimal(18, 2)
        ) as amount
    from {{ ref('customer_profit_loss') }}
    group by month_on
),

compared as (
    select figure, month_on, amount as ledger_amount, 0 as customer_amount from ledger
    union all
    select figure, month_on, 0 as ledger_amount, amount as customer_amount from customers
)

select
    figure,
    month_on,
    cast(sum(ledger_amount) as decimal(18, 2)) as ledger_amount,
    cast(sum(customer_amount) as decimal(18, 2)) as customer_amount
from compared
group by figure, month_on
having
    cast(sum(ledger_amount) as decimal(18, 2)) <> cast(sum(customer_amount) as decimal(18, 2))
