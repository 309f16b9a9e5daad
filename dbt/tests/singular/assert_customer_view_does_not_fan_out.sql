{{ config(meta={
    'asset': 'marts.customer_360', 'dimension': 'accuracy', 'owner': 'customer-data', 'capability': ['UCV-1', 'HH-1'],
}) }}
-- A returned row is a figure whose sum over customers is not the sum over the rows that it is made of: a join of
-- lines, accounts or households has doubled or lost some.
with figures as (
    select
        'customers' as figure,
        (select cast(count(*) as decimal(38, 6)) from {{ ref('dim_customers') }}) as made_of,
        (select cast(count(*) as decimal(38, 6)) from {{ ref('customer_360') }}) as shown
    union all
    select
        'fees of lines in use',
        (
            select cast(coalesce(sum(monthly_fee_amount), 0) as decimal(38, 6))
            from {{ ref('int_subscriptions_identified') }}
            where customer_id is not null and (ended_on is null or ended_on >= {{ as_of() }})
        ),
        (
            select cast(coalesce(sum(monthly_fee_amount), 0) as decimal(38, 6))
            from {{ ref('customer_360') }}
        )
    union all
    select
        'purchases',
        (
            select cast(coalesce(sum(sales_amount), 0) as decimal(38, 6))
            from {{ ref('fct_orders') }}
        ),
        (
            select cast(coalesce(sum(sales_amount), 0) as decimal(38, 6))
            from {{ ref('customer_360') }}
        )
    union all
    select
        'bills',
        (
            select cast(coalesce(sum(gross_amount), 0) as decimal(38, 6))
            from {{ ref('int_invoices_identified') }}
            where customer_id is not null
        ),
        (
            select cast(coalesce(sum(invoiced_amount), 0) as decimal(38, 6))
            from {{ ref('customer_360') }}
        )
    union all
    select
        'payments',
        (
            select cast(coalesce(sum(amount), 0) as decimal(38, 6))
            from {{ ref('int_payments_identified') }}
            where customer_id is not null
        ),
        (
            select cast(coalesce(sum(paid_amount), 0) as decimal(38, 6))
            from {{ ref('customer_360') }}
        )
    union all
    select
        'lines in use',
        (
            select cast(count_if(is_active and customer_id is not null) as decimal(38, 6))
            from {{ ref('dim_users') }}
        ),
        (
            select cast(coalesce(sum(active_line_count), 0) as decimal(38, 6))
            from {{ ref('customer_360') }}
        )
    union all
    select
        'members of households',
        (
            select cast(count(*) as decimal(38, 6))
            from {{ ref('bridge_household_members') }}
        ),
        (
            select cast(coalesce(sum(customer_count), 0) as decimal(38, 6))
            from {{ ref('dim_households') }}
        )
    union all
    select
        'plan periods',
        (
            select cast(count(*) as decimal(38, 6))
            from {{ ref('int_subscriptions_identified') }}
            where account_key is not null
        ),
        (
            select cast(coalesce(sum(period_count), 0) as decimal(38, 6))
            from {{ ref('bridge_account_users') }}
        )
)

select figure, made_of, shown
from figures
where made_of <> shown
