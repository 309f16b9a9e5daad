-- One row per product that a source system ever listed, as last delivered. A product
-- that left the catalogue stays, because its sales stay. Reads every catalogue ever
-- delivered: a product keeps its row after it is delisted.
with delivered as (
    {{ conformed('products') }}
),

ranked as (
    select
        *,
        min(business_on) over (partition by source_system) as first_catalogue_on,
        min(business_on) over (
            partition by source_system, product_key
        ) as first_listed_on,
        row_number() over (
            partition by source_system, product_key
            order by business_on desc nulls last, load_id desc nulls last
        ) as delivery_rank
    from delivered
)

select
    source_system,
    product_key,
    product_name,
    manufacturer_key,
    department,
    brand,
    product_category,
    product_type,
    package_size,
    is_own,
    is_listed,
    case when first_listed_on > first_catalogue_on then first_listed_on end as listed_on,
    business_on,
    load_id
from ranked
where delivery_rank = 1
