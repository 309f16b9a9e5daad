-- One row per product, store and week with a display or a mailer. Feeds no conformed entity
-- yet.
select
    'merchandising' as source_system,
    cast(product_id as string) as product_key,
    cast(store_id as string) as store_key,
    display_location as display_code,
    mailer_location as mailer_code,
    cast(week as bigint) as week_number,
    _business_on as business_on,
    _load_id as load_id
from {{ source('raw', 'merchandising__promotions') }}
where {{ is_current_load() }}
