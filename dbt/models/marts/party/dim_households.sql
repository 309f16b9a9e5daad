-- One row per household that we know of. Trap: members are customers, not the people at home.
with members as (
    select
        *,
        to_on is null or to_on >= {{ as_of() }} as is_current
    from {{ ref('bridge_household_members') }}
)

select
    household_id,
    min(evidence) as evidence,
    count(*) as customer_count,
    cast(count_if(is_current) as bigint) as current_customer_count,
    min(from_on) as from_on,
    case when count_if(is_current) = 0 then max(to_on) end as to_on
from members
group by household_id
