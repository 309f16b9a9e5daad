-- One row per customer in a company, campus or building. Traps: a workplace is an estimate from
-- where lines are used in working hours, and its confidence the share of members above what is
-- usual for a cell; an address or payer is certain; below and above the size guard is no group.
with workplaces as (
    select
        places.cell_key,
        places.customer_id,
        min(places.first_seen_on) as from_on
    from {{ ref('customer_places') }} as places
    where places.place_type = 'work'
    group by places.cell_key, places.customer_id
),

usual as (
    select cast(count(*) as double) / nullif(count(distinct cell_key), 0) as mean_count
    from workplaces
),

addresses as (
    select
        address_key,
        customer_id,
        min(coalesce(registered_on, business_on)) as from_on,
        -- Not the address itself: the lowest number at it.
        min(min(customer_id)) over (partition by address_key) as first_customer_id
    from {{ ref('int_profiles_identified') }}
    where
        customer_id is not null
        and address_key is not null
        and customer_type is distinct from 'household'
    group by address_key, customer_id
),

payers as (
    select
        users.account_id,
        users.customer_id,
        min(users.started_on) as from_on,
        case when count(*) = count(users.ended_on) then max(users.ended_on) end as to_on
    from {{ ref('dim_users') }} as users
    where users.customer_id is not null and users.account_id is not null
    group by users.account_id, users.customer_id
),

candidates as (
    select
        'work:' || workplaces.cell_key as group_id,
        'workplace' as evidence,
        workplaces.customer_id,
        workplaces.from_on,
        cast(null as date) as to_on,
        usual.mean_count
    from workplaces
    cross join usual
    union all
    select
        'home:' || cast(first_customer_id as string) as group_id,
        'address' as evidence,
        customer_id,
        from_on,
        cast(null as date) as to_on,
        cast(0 as double) as mean_count
    from addresses
    union all
    select
        'payer:' || account_id as group_id,
        'payer' as evidence,
        customer_id,
        from_on,
        to_on,
        cast(0 as double) as mean_count
    from payers
),

sized as (
    select
        *,
        count(*) over (partition by group_id) as customer_count
    from candidates
)

select
    group_id,
    customer_id,
    evidence,
    (customer_count - mean_count) / customer_count as confidence,
    from_on,
    to_on
from sized
where
    customer_count > {{ var('household_max_customers') }}
    and customer_count between {{ var('group_min_customers') }}
    and {{ var('group_max_customers') }}
    and customer_count >= mean_count + 3 * sqrt(mean_count)
