-- One row per load that stands at as_of: loaded, not superseded, of a business date up to
-- as_of. Trap: of a snapshot extract only the newest business date is current.
with loads as (
    select * from {{ source('ops', 'loads') }}
    where status = 'loaded' and business_on <= {{ as_of() }}
),

newest as (
    select
        system,
        extract,
        max(business_on) as business_on
    from loads
    group by system, extract
)

select
    loads.load_id,
    loads.system as source_system,
    loads.system || '__' || loads.extract as raw_table,
    loads.rows_loaded,
    loads.load_mode <> 'snapshot' or loads.business_on = newest.business_on as is_current,
    loads.business_on
from loads
inner join newest
    on newest.system = loads.system and newest.extract = loads.extract
