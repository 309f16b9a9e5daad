-- One row per company, campus or building that customers share. Trap: a campus is told by the
-- age of its members, where that is known.
with members as (
    select
        bridge.group_id,
        bridge.evidence,
        bridge.customer_id,
        bridge.confidence,
        bridge.from_on,
        bridge.to_on is null or bridge.to_on >= {{ as_of() }} as is_current,
        case when profile.age_band in ('0-18', '19-24') then 1 else 0 end as is_student_age
    from {{ ref('bridge_group_members') }} as bridge
    left join {{ ref('customer_profile') }} as profile
        on profile.customer_id = bridge.customer_id
),

totals as (
    select
        group_id,
        min(evidence) as evidence,
        count(*) as customer_count,
        cast(count_if(is_current) as bigint) as current_customer_count,
        cast(sum(is_student_age) as bigint) as student_count,
        min(confidence) as confidence,
        min(from_on) as from_on
    from members
    group by group_id
)

select
    group_id,
    case
        when evidence = 'address' then 'building'
        when evidence = 'workplace' and 2 * student_count > customer_count then 'campus'
        else 'company'
    end as group_type,
    evidence,
    customer_count,
    current_customer_count,
    confidence,
    from_on
from totals
