-- One row per line and place where it is often used, with the customer on whose contract it
-- runs. Traps: the person with the line may be another than the customer; a place is a cell of
-- the network, and where nothing is used nobody is seen.
with lines as (
    select
        subscription_key,
        user_id,
        customer_id,
        row_number() over (
            partition by subscription_key order by source_system asc nulls last
        ) as line_rank
    from {{ ref('dim_users') }}
    where customer_id is not null
),

sightings as (
    select
        lines.customer_id,
        lines.user_id,
        events.cell_key,
        events.business_on,
        hour(events.started_at + interval '{{ var("place_clock_hours") }}' hour) as clock_hour
    from {{ ref('usage_events') }} as events
    inner join lines
        on lines.subscription_key = events.subscription_key
        and lines.line_rank = 1
    where
        events.cell_key is not null
        and events.business_on > {{ add_days(as_of(), '-' ~ var('place_window_days')) }}
),

cells as (
    select
        customer_id,
        user_id,
        cell_key,
        count(*) as sighting_count,
        count(distinct business_on) as sighting_days,
        cast(count_if(clock_hour >= 22 or clock_hour < 7) as bigint) as night_count,
        cast(count_if(clock_hour >= 9 and clock_hour < 18) as bigint) as daytime_count,
        min(business_on) as first_seen_on,
        max(business_on) as last_seen_on
    from sightings
    group by customer_id, user_id, cell_key
),

totals as (
    select
        *,
        cast(sum(sighting_count) over (partition by user_id) as bigint) as line_count,
        cast(sum(daytime_count) over (partition by user_id) as bigint) as line_daytime_count,
        row_number() over (
            partition by user_id
            order by
                night_count desc nulls last, sighting_count desc nulls last,
                cell_key asc nulls last
        ) as night_rank,
        row_number() over (
            partition by user_id
            order by sighting_count desc nulls last, cell_key asc nulls last
        ) as place_rank
    from cells
),

homes as (
    select
        *,
        night_rank = 1 and night_count >= 2 as is_home
    from totals
),

works as (
    select
        *,
        row_number() over (
            partition by user_id, is_home
            order by
                daytime_count desc nulls last, sighting_count desc nulls last,
                cell_key asc nulls last
        ) as daytime_rank
    from homes
),

placed as (
    select
        *,
        case
            when is_home then 'home'
            when
                daytime_rank = 1 and daytime_count >= 3
                and 4 * daytime_count >= line_daytime_count then 'work'
            when sighting_days >= 2 then 'other'
        end as place_type
    from works
)

select
    customer_id,
    user_id,
    cell_key,
    place_type,
    place_rank,
    sighting_count,
    sighting_days,
    night_count,
    daytime_count,
    cast(sighting_count as double) / line_count as sighting_share,
    first_seen_on,
    last_seen_on
from placed
where place_type in ('home', 'work') or (place_type = 'other' and place_rank <= 6)
