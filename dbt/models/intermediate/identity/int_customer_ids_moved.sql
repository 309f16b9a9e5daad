-- One row per source record whose customer_id facts may not bear that were built before: it
-- was another id once, or the record came after the first resolution. Trap: a record that has
-- always borne its id is not here, so that a quiet day rebuilds nothing.
with records as (
    select
        customer_key,
        count(*) as period_count,
        min(valid_from_on) as known_from_on,
        max(
            case when valid_to_on is null or valid_to_on > {{ as_of() }} then customer_id end
        ) as customer_id
    from {{ source('identity_history', 'customer_ids') }}
    where valid_from_on <= {{ as_of() }}
    group by customer_key
),

first_resolution as (
    select min(known_from_on) as resolved_on from records
)

select
    records.customer_key,
    coalesce(cast(records.customer_id as string), '') as customer_id_text,
    case
        when records.period_count > 1 then cast('9999-12-31' as date)
        else records.known_from_on
    end as affects_before_on
from records
cross join first_resolution
where records.period_count > 1
    or records.known_from_on > first_resolution.resolved_on
