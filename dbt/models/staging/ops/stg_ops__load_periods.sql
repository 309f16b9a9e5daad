-- One row per load of a business date up to as_of that ever was in use, with the days on
-- which it counted. Trap: history that came with an extract's first delivery counts from its
-- business dates on, as if it had come day by day; all that came later, from the run that
-- took it.
with loads as (
    select
        *,
        min(known_from_on) over (partition by system, extract) as first_known_on
    from {{ source('ops', 'loads') }}
    where known_from_on is not null and status in ('loaded', 'superseded')
)

select
    load_id,
    system || '__' || extract as raw_table,
    part,
    rows_loaded,
    status = 'superseded' as is_superseded,
    business_on,
    case
        when known_from_on = first_known_on then business_on
        else greatest(business_on, known_from_on)
    end as known_from_on,
    known_to_on
from loads
where
    business_on <= {{ as_of() }}
    and (known_to_on is null or known_to_on > first_known_on)
