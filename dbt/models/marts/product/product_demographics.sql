-- One row per product or category, attribute and value: who holds a product, who bought of a
-- category in the last rfm_window_days. Trap: customers of several products count in each; what
-- is not known is a value too, so that the values of an attribute sum to the base.
with bases as (
    select distinct 'product' as product_scope, product_id as product_key, customer_id
    from {{ ref('customer_products') }}
    where is_current and product_id is not null
    union all
    select 'category' as product_scope, choice as product_key, customer_id
    from {{ ref('customer_preferences') }}
    where preference_type = 'category'
),

customers as (
    select
        bases.product_scope,
        bases.product_key,
        bases.customer_id,
        view.age_band,
        view.gender,
        view.region
    from bases
    left join {{ ref('customer_360') }} as view
        on view.customer_id = bases.customer_id
),

valued as (
    {%- for attribute in ['age_band', 'gender', 'region'] %}
    select
        product_scope,
        product_key,
        '{{ attribute }}' as attribute,
        coalesce({{ attribute }}, 'not known') as attribute_value
    from customers
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

counted as (
    select product_scope, product_key, attribute, attribute_value, count(*) as customer_count
    from valued
    group by product_scope, product_key, attribute, attribute_value
)

select
    product_scope,
    product_key,
    attribute,
    attribute_value,
    customer_count,
    cast(sum(customer_count) over (
        partition by product_scope, product_key, attribute
    ) as bigint) as base_customer_count
from counted
