-- One row per customer record of a source system, as last delivered. The same person
-- may have a record in several systems. Only the newest delivery of a system counts: a
-- record that is gone from it is gone.
with delivered as (
    {{ conformed('customers') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source_system, customer_key
            order by business_on desc nulls last, load_id desc nulls last
        ) as delivery_rank
    from delivered
)

select
    source_system,
    customer_key,
    customer_type,
    full_name,
    email,
    phone,
    postal_code,
    address,
    district,
    region,
    id_number,
    merged_into_key,
    gender,
    age_band,
    income_band,
    home_ownership,
    marital_status,
    household_size,
    household_composition,
    kids_count,
    born_on,
    registered_on,
    business_on,
    load_id
from ranked
where delivery_rank = 1
