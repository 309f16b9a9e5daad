{{ config(meta={
    'asset': 'marts.fct_orders', 'dimension': 'integrity', 'owner': 'customer-analytics', 'capability': ['UCV-1'],
}) }}
-- A returned row is a fact that holds a customer, product or campaign its dimension does not
-- know. Order lines are looked at for the last 35 business days only: their products come
-- from the same rule on every day, and 70 million look-ups by text would cost more than the
-- rest of a daily run.
with fact_customers as (
    select 'fct_orders' as fact, customer_id from {{ ref('fct_orders') }}
    union
    select 'fct_campaign_contacts' as fact, customer_id from {{ ref('fct_campaign_contacts') }}
    union
    select 'fct_coupon_redemptions' as fact, customer_id
    from {{ ref('fct_coupon_redemptions') }}
),

fact_products as (
    select distinct product_id
    from {{ ref('fct_order_lines') }}
    where business_on > {{ add_days(as_of(), -35) }}
)

select
    fact_customers.fact,
    cast(fact_customers.customer_id as string) as missing_key
from fact_customers
left join {{ ref('dim_customers') }} as customers
    on customers.customer_id = fact_customers.customer_id
where customers.customer_id is null
union all
select
    'fct_order_lines' as fact,
    fact_products.product_id as missing_key
from fact_products
left join {{ ref('dim_products') }} as products
    on products.product_id = fact_products.product_id
where products.product_id is null
