-- One row per product_id of our own products. All systems of the retail pack share the
-- product number; should two list the same one, the first system by name wins.
with ranked as (
    select
        *,
        row_number() over (
            partition by product_key order by source_system asc nulls last
        ) as system_rank
    from {{ ref('products') }}
    where is_own
)

select
    product_key as product_id,
    manufacturer_key as manufacturer_id,
    department,
    brand,
    product_category,
    product_type,
    package_size,
    is_listed,
    listed_on
from ranked
where system_rank = 1
