-- One row per customer and period in which a tag about the person holds. Trap: an age is
-- counted in days, so that a birthday may be off by one.
with registry as (
    select tag, cast(threshold as bigint) as days from {{ ref('tag_registry') }}
),

joiners as (
    select
        customer_id,
        min(registered_on) as joined_on
    from {{ ref('int_profiles_identified') }}
    where customer_id is not null and registered_on is not null
    group by customer_id
),

people as (
    select
        joiners.customer_id,
        joiners.joined_on,
        derived.born_on
    from joiners
    inner join {{ ref('int_customers_derived') }} as derived
        on derived.customer_id = joiners.customer_id
),

homes as (
    select
        customer_id,
        count(*) over (partition by founder_id) as customer_count
    from {{ ref('int_households_detected') }}
),

periods as (
    select
        people.customer_id,
        registry.tag,
        people.joined_on as from_on,
        cast(null as date) as to_on
    from people
    inner join registry on registry.tag = 'newcomer'
    union all
    select
        people.customer_id,
        registry.tag,
        {{ add_days('people.joined_on', 'registry.days') }} as from_on,
        cast(null as date) as to_on
    from people
    inner join registry on registry.tag = 'long_standing'
    union all
    select
        people.customer_id,
        registry.tag,
        people.joined_on as from_on,
        {{ add_days('people.born_on', 'registry.days - 1') }} as to_on
    from people
    inner join registry on registry.tag = 'young'
    where people.born_on is not null
    union all
    select
        people.customer_id,
        registry.tag,
        greatest(people.joined_on, {{ add_days('people.born_on', 'registry.days') }})
            as from_on,
        cast(null as date) as to_on
    from people
    inner join registry on registry.tag = 'senior'
    where people.born_on is not null
    union all
    select
        people.customer_id,
        registry.tag,
        people.joined_on as from_on,
        cast(null as date) as to_on
    from people
    inner join homes on homes.customer_id = people.customer_id
    inner join registry
        on registry.tag = 'in_household'
        and homes.customer_count >= registry.days
)

select
    customer_id,
    tag,
    cast(null as string) as tag_value,
    cast(1 as double) as confidence,
    from_on,
    to_on
from periods
where to_on is null or to_on >= from_on
