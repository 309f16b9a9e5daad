-- One row per product and catalogue delivered. Trap: past catalogues are read too, because
-- a product that was delisted still has sales; is_listed tells the newest one.
select
    'product' as source_system,
    cast(products.product_id as string) as product_key,
    cast(null as string) as product_name,
    cast(products.manufacturer_id as string) as manufacturer_key,
    products.department,
    products.brand,
    products.product_category,
    products.product_type,
    products.package_size,
    true as is_own,
    loads.is_current as is_listed,
    cast(null as date) as listed_on,
    products._business_on as business_on,
    products._load_id as load_id
from {{ source('raw', 'product__products') }} as products
inner join {{ ref('stg_ops__loads') }} as loads
    on loads.load_id = products._load_id
