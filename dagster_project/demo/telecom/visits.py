"""Who visits the web site, for what and how far they get: the table `visits`, one row per visit, filled by month.

Visitors: customers; people in the weeks before they join, and prospects who never do, both unknown; machines. A
cookie stands for a person on a device until it is cleared; some households share a desktop and so a cookie.
Times are UTC, as web platforms count.
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom import bots, contacts
from dagster_project.demo.telecom.drawing import by, literal, weighted
from dagster_project.demo.telecom.journeys import PURPOSES, SOURCES, TASKS, login_step, reaches
from dagster_project.demo.telecom.names import CITIES
from dagster_project.demo.telecom.rates import UTC_OFFSET_HOURS, VISIT_HOURS, poisson, second_of_day
from dagster_project.demo.telecom.spans import Span, months
from dagster_project.demo.telecom.world import World

#: Visits a customer and year at average web affinity; prospects for each customer, and their visits a year.
VISITS_A_YEAR: Final = 6.0
PROSPECTS_A_CUSTOMER: Final = 0.3
PROSPECT_VISITS_A_YEAR: Final = 4.0
#: Share of new customers who look around before they join, up to three times within this many days.
EARLY_SHARE: Final = 0.6
EARLY_DAYS: Final = 45
#: Share of product orders that are placed on the web site, by people who have a login.
WEB_ORDER_SHARE: Final = 0.15
DEVICES: Final = {"mobile": 0.55, "desktop": 0.26, "app": 0.14, "tablet": 0.05}
#: Share of households that share one desktop, and of visits in which the site still knows the visitor.
SHARED_DESKTOP_SHARE: Final = 0.30
REMEMBERED_SHARE: Final = 0.25
#: Days after which a cookie is cleared.
COOKIE_DAYS: Final = 240
#: Median seconds between two steps.
_PACE_SECONDS: Final = 35
#: Key of a visit = month number * this + number within the month.
_MONTH_STEP: Final = 100_000_000
_UTC_HOURS: Final = VISIT_HOURS[UTC_OFFSET_HOURS:] + VISIT_HOURS[:UTC_OFFSET_HOURS]


def create(world: World) -> None:
    """Create the empty `visits`, the tasks, and who buys on the web site."""
    contacts.ensure(world)
    rows = ", ".join(
        f"({literal(purpose)}, {reaches(purpose)}::double[], {login_step(purpose) or 'null'}::int)" for purpose in TASKS
    )
    world.create("web_tasks", f"select * from (values {rows}) as t(purpose, reaches, login_step)")
    world.create("web_plans", "select list(plan_key order by plan_key) as plan_keys from plans where operator = 'own'")
    world.create(
        "web_addons",
        "select list(product_key order by product_key) as product_keys from products where category <> 'plan'",
    )
    first_month = months(world.options)[0]
    world.create("visits", f"{_resolved(_month_rows(world))} limit 0", **_values(first_month, 1))


def add_month(world: World, month: Span, number: int) -> None:
    """Add the visits that start within a month.

    Args:
        world: With `visits` created.
        month: First and last day.
        number: Number of the month, from 1.
    """
    world.con.execute(f"insert into visits {_resolved(_month_rows(world))}", _values(month, number))


def _values(month: Span, number: int) -> dict[str, object]:
    return {"first_on": month.first_on, "last_on": month.last_on, "month_number": number}


def _month_rows(world: World) -> str:
    """Every visit of a month with what is known of the visitor. `class` tells from which shares the purpose comes."""
    prospects = max(1, round(world.options.customers * PROSPECTS_A_CUSTOMER))
    city = weighted("u('prospect city', p)", CITIES)
    return f"""(
        select 'customer' as visitor_kind, null as bot_kind, person_id, customer_key, household_id, login,
            city as region, 'CN' as country, hash(customer_key, $first_on, n) as draw_key, day_on,
            null::timestamp as ordered_at, null as product_key, null::ubigint as cookie_key, null as fixed_source,
            null::int as fixed_steps, null::int as fixed_pace,
            case when churn_onset_on is not null and day_on >= churn_onset_on - 30 then 'leaving' else 'customer' end
                as class
        from ({_CUSTOMER_DAYS})
        where day_on >= joined_on and (left_on is null or day_on < left_on)
        union all
        select 'future_customer', null, person_id, customer_key, household_id, null, city, 'CN', draw_key, day_on,
            null, null, null, null, null, null, 'prospect'
        from ({_EARLY_DAYS})
        where day_on between $first_on and $last_on
        union all
        select 'prospect', null, null, null, null, null, {city}, 'CN', hash(p, $first_on, n, 'prospect'),
            {_day_within("hash(p, $first_on, n, 'prospect')")}, null, null, hash(p), null, null, null, 'prospect'
        from (select p, unnest(range({_PROSPECT_COUNT})) as n from range({prospects}) as t(p))
        union all
        select 'customer', null, person_id, customer_key, household_id, login, city, 'CN', hash(order_key, 'order'),
            ordered_at::date, ordered_at, product_key, null, null, null, null, 'order'
        from ({_WEB_ORDERS})
        union all
        select 'bot', bot_kind, null, null, null, null, null, country, draw_key, day_on, null, null, cookie_key, source,
            steps_reached, pace_seconds, 'bot'
        from ({bots.visits(world)})
    )"""


def _day_within(key: str) -> str:
    return f"$first_on::date + cast(floor(u('visit day', {key}) * ($last_on::date - $first_on::date + 1)) as int)"


def _monthly(rate: str) -> str:
    return f"({rate} / 365.0 * ($last_on::date - $first_on::date + 1))"


_CUSTOMER_COUNT: Final = poisson(
    "u('visits', hash(customer_key, $first_on))", _monthly(f"{VISITS_A_YEAR} * web_factor"), most=9
)
_CUSTOMER_DAYS: Final = f"""
    select *, {_day_within("hash(customer_key, $first_on, n)")} as day_on
    from (select *, unnest(range({_CUSTOMER_COUNT})) as n from customer_people)
"""
_EARLY_DAYS: Final = f"""
    select *, joined_on - 1 - cast(floor({EARLY_DAYS} * u('early day', draw_key)) as int) as day_on
    from (select *, hash(customer_key, n, 'early') as draw_key from customer_people cross join range(3) as t(n))
    where u('early', customer_key) < {EARLY_SHARE} and n <= 3 * u('early visits', customer_key)
"""
_PROSPECT_COUNT: Final = poisson(
    "u('prospect visits', hash(p, $first_on))", _monthly(str(PROSPECT_VISITS_A_YEAR)), most=6
)
#: One product a purchase; the hour of an order is local time.
_WEB_ORDERS: Final = f"""
    select order_key, product_key, ordered_at, customer_people.*
    from (
        select order_key, customer_key, min(product_key) as product_key,
            min(ordered_at) - interval {UTC_OFFSET_HOURS} hour as ordered_at
        from product_orders where u('web order', order_key) < {WEB_ORDER_SHARE} group by order_key, customer_key
    )
    inner join customer_people using (customer_key)
    where login is not null and ordered_at::date between $first_on::date and $last_on::date
"""


def _resolved(rows: str) -> str:
    """Purpose, device, cookie, source, pace and how far the visit gets."""
    purposes = {kind: weighted("u_purpose", shares) for kind, shares in PURPOSES.items()}
    purpose = by("class", purposes | {"order": "'buy_addon'", "bot": "null"})
    source = weighted("u_source", {name: share for name, (share, _, _) in SOURCES.items()})
    return f"""
        with drawn as (
            select *, u('visit purpose', draw_key) as u_purpose, u('visit source', draw_key) as u_source,
                u('visit hour', draw_key) as u_hour, u('visit second', draw_key) as u_second,
                u('visit reach', draw_key) as u_reach, u('visit product', draw_key) as u_product,
                case when class = 'bot' then 'desktop' else {weighted("u('visit device', draw_key)", DEVICES)} end
                    as device_type,
                coalesce(fixed_pace, cast(clip({_PACE_SECONDS} * exp(0.6 * z('visit pace', draw_key)), 6, 400) as int))
                    as pace_seconds
            from {rows}
        ),
        purposeful as (
            select *, {purpose} as purpose, coalesce(fixed_source, {source}) as source,
                device_type = 'desktop' and coalesce(u('shared desktop', household_id) < {SHARED_DESKTOP_SHARE}, false)
                    as is_shared,
                login is not null and (device_type = 'app' or u('remembered', draw_key) < {REMEMBERED_SHARE})
                    as is_remembered
            from drawn
        ),
        owned as (
            select *, case when is_shared then household_id else person_id end as cookie_owner from purposeful
        ),
        stepped as (
            select owned.*, len(reaches) as step_count, login_step,
                coalesce(cookie_key, hash(cookie_owner, is_shared, device_type, cast(floor((day_on - start_on()
                    + {COOKIE_DAYS} * u('cookie age', hash(cookie_owner, device_type))) / {COOKIE_DAYS}) as int)))
                    as cookie_draw,
                case when class = 'bot' then fixed_steps when class = 'order' then len(reaches)
                    else len(list_filter(reaches, lambda reach: reach > u_reach)) end as steps_wanted
            from owned left join web_tasks using (purpose)
        ),
        capped as (
            select *, cast(case when login is null and login_step <= steps_wanted then login_step - 1
                when purpose = 'buy_addon' and class <> 'order' then least(steps_wanted, step_count - 1)
                else steps_wanted end as bigint) as steps_reached
            from stepped
        ),
        timed as (
            select *, case when class = 'order' then ordered_at - to_seconds((steps_reached - 1) * pace_seconds)
                else day_on::timestamp + to_seconds({second_of_day("u_hour", "u_second", _UTC_HOURS)}) end as started_at
            from capped
        )
        select $month_number * {_MONTH_STEP} + row_number() over (order by started_at, draw_key) as visit_key,
            visitor_kind, bot_kind, person_id, customer_key, login, region, country, device_type, source, purpose,
            'v' || lower(to_base(cast(floor(u('cookie', hash(cookie_draw, bot_kind)) * 9007199254740992) as bigint),
                36)) as cookie_id,
            is_shared, is_remembered, pace_seconds, step_count, steps_reached,
            steps_reached = step_count as is_completed,
            case when purpose = 'compare_plans' then plan_keys[1 + cast(floor(u_product * len(plan_keys)) as int)]
                when purpose = 'buy_addon' then coalesce(product_key,
                    product_keys[1 + cast(floor(u_product * len(product_keys)) as int)]) end as product_key,
            started_at, started_at + to_seconds((steps_reached - 1) * pace_seconds) as ended_at
        from timed cross join web_plans cross join web_addons
    """
