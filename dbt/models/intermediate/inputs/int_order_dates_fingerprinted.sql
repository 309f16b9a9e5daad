-- One row per business date with order lines: the fingerprints of the loads it is built
-- from. Trap: a line is judged by the catalogues delivered up to its date, and by the first
-- one when none was delivered before; so those count too.
with line_loads as (
    {{ loads_of(['order_lines']) }}
),

catalogue_loads as (
    {{ loads_of(['products']) }}
),

first_catalogue as (
    select min(business_on) as business_on from catalogue_loads
),

dates as (
    select
        business_on,
        {{ fingerprint('load_id') }} as order_hash
    from line_loads
    group by business_on
),

catalogues as (
    select
        dates.business_on,
        {{ fingerprint('catalogue_loads.load_id') }} as catalogue_hash
    from dates
    cross join first_catalogue
    inner join catalogue_loads
        on catalogue_loads.business_on <= dates.business_on
        or catalogue_loads.business_on = first_catalogue.business_on
    group by dates.business_on
)

select
    dates.business_on,
    dates.order_hash,
    md5(dates.order_hash || coalesce(catalogues.catalogue_hash, '')) as line_hash
from dates
left join catalogues
    on catalogues.business_on = dates.business_on
