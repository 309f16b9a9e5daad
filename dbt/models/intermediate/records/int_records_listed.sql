-- One row per source record that is to be given a customer_id: customer records, customer
-- numbers without one, people who asked about becoming one, logins. Traps: the name of who
-- asked may be a surname with a title, which is no full name; a login is dated by when it was
-- first seen.
with customers as (
    select
        *,
        customer_type = 'prospect' as is_prospect,
        full_name like '%先生' as is_mister,
        full_name like '%女士' as is_madam
    from {{ ref('customers') }}
),

sightings as (
    select
        customer_key,
        cast(occurred_at as date) as seen_on
    from {{ ref('web_events') }}
    where customer_key is not null
    union all
    select
        customer_key,
        cast(answered_at as date) as seen_on
    from {{ ref('surveys') }}
    union all
    select
        customer_key,
        cast(given_at as date) as seen_on
    from {{ ref('feedback') }}
),

logins as (
    select
        customer_key,
        min(seen_on) as registered_on
    from sightings
    where customer_key like 'web:%'
    group by customer_key
)

select
    source_system,
    customer_key,
    case when is_prospect then 'prospect' else 'customer' end as record_kind,
    case when not is_mister and not is_madam then trim(full_name) end as full_name,
    substr(trim(full_name), 1, 1) as surname,
    case
        when gender is not null then gender
        when is_mister then 'male'
        when is_madam then 'female'
    end as gender,
    id_number,
    lower(trim(email)) as email,
    cast(null as string) as login,
    phone,
    address,
    district,
    merged_into_key,
    born_on,
    case when is_prospect then registered_on end as enquired_on,
    case when not is_prospect then registered_on end as joined_on,
    registered_on
from customers
union all
select
    'web' as source_system,
    customer_key,
    'login' as record_kind,
    cast(null as string) as full_name,
    cast(null as string) as surname,
    cast(null as string) as gender,
    cast(null as string) as id_number,
    cast(null as string) as email,
    lower(substr(customer_key, 5)) as login,
    cast(null as string) as phone,
    cast(null as string) as address,
    cast(null as string) as district,
    cast(null as string) as merged_into_key,
    cast(null as date) as born_on,
    cast(null as date) as enquired_on,
    cast(null as date) as joined_on,
    registered_on
from logins
union all
select
    source_system,
    customer_key,
    'customer' as record_kind,
    cast(null as string) as full_name,
    cast(null as string) as surname,
    cast(null as string) as gender,
    cast(null as string) as id_number,
    cast(null as string) as email,
    cast(null as string) as login,
    cast(null as string) as phone,
    cast(null as string) as address,
    cast(null as string) as district,
    cast(null as string) as merged_into_key,
    cast(null as date) as born_on,
    cast(null as date) as enquired_on,
    registered_on as joined_on,
    registered_on
from {{ ref('int_records_unlisted') }}
