-- One row per product listed or sold. Trap: a product that was sold but is in no catalogue
-- has a row with its number only.
with listed as (
    select * from {{ ref('int_products_identified') }}
),

sold_unknown as (
    select distinct product_id
    from {{ ref('fct_order_lines') }}
    where not is_product_known
),

unlisted as (
    select sold_unknown.product_id
    from sold_unknown
    left join listed
        on listed.product_id = sold_unknown.product_id
    where listed.product_id is null
)

select
    product_id,
    manufacturer_id,
    department,
    brand,
    product_category,
    product_type,
    package_size,
    true as is_in_catalogue,
    is_listed
from listed
union all
select
    product_id,
    cast(null as string) as manufacturer_id,
    cast(null as string) as department,
    cast(null as string) as brand,
    cast(null as string) as product_category,
    cast(null as string) as product_type,
    cast(null as string) as package_size,
    false as is_in_catalogue,
    false as is_listed
from unlisted
