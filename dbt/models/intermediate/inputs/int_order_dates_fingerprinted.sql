-- One row per business date with order lines: the fingerprints of the loads it is built
-- from. Trap: a line is judged by the catalogues delivered up to its date, and by the first
-- one when none was delivered before; so those count too. A customer whose id moved counts on
-- every date of his lines.
with catalogue_loads as (
    {{ loads_of(['products']) }}
),

first_catalogue as (
    select min(business_on) as business_on from catalogue_loads
),

dates as (
    {{ with_moved_ids('order_lines') }}
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
