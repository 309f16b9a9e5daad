-- One row per product and catalogue delivered. Trap: past catalogues are read too, because
-- a product that left the catalogue still has sales; is_listed tells the newest one.
select
    'ibss' as source_system,
    products.product_no as product_key,
    products.name as product_name,
    cast(null as string) as manufacturer_key,
    products.category as department,
    'Private' as brand,
    products.category as product_category,
    products.type as product_type,
    cast(null as string) as package_size,
    true as is_own,
    loads.is_current and products.status = '在售' as is_listed,
    cast(null as date) as listed_on,
    products._business_on as business_on,
    products._load_id as load_id
from {{ source('raw', 'ibss__products') }} as products
inner join {{ ref('stg_ops__loads') }} as loads
    on products._load_id = loads.load_id
