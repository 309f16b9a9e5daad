"""System `web`: page and click events as the web platform logs them: in UTC, a cookie, now and then a login.

A file holds what arrived on a day; events of phones that were offline arrive one to three days late. Made month by
month, so that memory does not grow with the span. Extract: events (jsonl.gz).
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom import bots, visits
from dagster_project.demo.telecom.drawing import by, literal, one_of
from dagster_project.demo.telecom.journeys import SEARCHES, SITE, SOURCES, TASKS, login_step
from dagster_project.demo.telecom.sending import Sender
from dagster_project.demo.telecom.spans import files_of, months
from dagster_project.demo.telecom.world import World

#: Share of an app's visits that arrive late as a whole, and of any single events that do.
LATE_VISIT_SHARE: Final = 0.05
LATE_EVENT_SHARE: Final = 0.004
LATEST_DAYS: Final = 3
#: Largest prime below 2^61: event keys are multiplied modulo it, so that they are unique and tell nothing.
_PRIME: Final = 2_305_843_009_213_693_951
_SPREAD: Final = 1_424_975_318_440_627_411
_USER_AGENTS: Final = {
    "mobile": ("Mozilla/5.0 (Linux; Android 15; Kestrel X2) Chrome/130.0 Mobile Safari/537.36",
               "Mozilla/5.0 (Linux; Android 13; Heron S8) Chrome/124.0 Mobile Safari/537.36",
               "Mozilla/5.0 (Linux; Android 12; Plover P10) Weiliao/8.0 Mobile"),
    "tablet": ("Mozilla/5.0 (Linux; Android 14; Lapwing Pad) Chrome/128.0 Safari/537.36",),
    "app": ("YunlanApp/5.2 (Android 15)", "YunlanApp/5.1 (Android 13)", "YunlanApp/4.9 (Android 12)"),
}  # fmt: skip
_DESKTOPS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/132.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
)
_ROWS: Final = """
    select event_id, cookie_id as visitor_id, login, event_type, page_url, referrer_url, page_element, product_key,
        device_type, user_agent, country, region, occurred_at
    from web_batch where sent_on between $first_on and $last_on order by occurred_at, event_id
"""


def write(world: World, out: Sender) -> None:
    """Deliver the events of every month and plant who came for what."""
    visits.create(world)
    _create_steps(world)
    for number, month in enumerate(months(world.options), start=1):
        visits.add_month(world, month, number)
        carried = "union all select * from web_late" if number > 1 else ""
        world.create("web_batch", f"select * from ({_events()}) {carried}", month_number=number)
        for span in files_of(month, world.options):
            out.send(
                "web", "events", span.last_on, _ROWS, "jsonl.gz", control={},
                parameters={"first_on": span.first_on, "last_on": span.last_on},
            )  # fmt: skip
        out.flush()
        world.con.execute("drop table if exists web_late")
        world.create("web_late", "select * from web_batch where sent_on > $last_on", last_on=month.last_on)
        world.con.execute("drop table web_batch")
    world.con.execute("drop table web_late")
    _plant(world)


def _create_steps(world: World) -> None:
    """`web_steps`: one row per purpose and step."""
    rows = ", ".join(
        f"({literal(purpose)}, {number}, {literal(step.event_type)}, {literal(step.path)}, "
        f"{literal(step.element) if step.element else 'null'}, {step.goes_on}::double, {step.needs_login}, "
        f"{login_step(purpose) or 'null'}::int)"
        for purpose, steps in TASKS.items()
        for number, step in enumerate(steps, start=1)
    )
    columns = "purpose, step, event_type, path, page_element, goes_on, needs_login, known_from"
    world.create("web_steps", f"select * from (values {rows}) as t({columns})")


def _events() -> str:
    """Events of the month's visits; `sent_on` is the day on which one arrives."""
    people = {device: one_of("u_agent", agents) for device, agents in _USER_AGENTS.items()}
    machines = {kind: literal(bot.user_agent) for kind, bot in bots.BOTS.items()}
    referrers = {name: literal(referrer) for name, (_, referrer, _) in SOURCES.items() if referrer}
    links = {name: literal(f"?{query}") for name, (_, _, query) in SOURCES.items() if query}
    searches = {purpose: one_of("u_path", words) for purpose, words in SEARCHES.items()}
    bot_types = by("bot_kind", {kind: literal(bot.event_type) for kind, bot in bots.BOTS.items()})
    return f"""
        with steps as (
            select visits.* exclude (product_key), visits.product_key, web_steps.* exclude (purpose)
            from visits inner join web_steps on web_steps.purpose = visits.purpose and step <= steps_reached
            where {_OF_MONTH}
            union all
            select *, {bot_types}, null, null, 1, false, null
            from (select * exclude (product_key), null as product_key, unnest(range(1, steps_reached + 1)) as step
                from visits where bot_kind is not null and {_OF_MONTH})
        ),
        drawn as (
            select *, visit_key * 64 + step as event_key, u('late visit', visit_key) as u_late_visit,
                u('user agent', hash(cookie_id)) as u_agent
            from steps
        ),
        placed as (
            select *, u('late event', event_key) as u_late, u('event path', event_key) as u_path,
                started_at + to_seconds((step - 1) * pace_seconds
                    + cast(floor(u('event gap', event_key) * pace_seconds * 0.8) as int)
                    * (bot_kind is null)::int * (step > 1)::int) as occurred_at
            from drawn
        ),
        late as (
            select *, case when device_type = 'app' and u_late_visit < {LATE_VISIT_SHARE}
                    then 1 + cast(floor(u_late_visit / {LATE_VISIT_SHARE} * {LATEST_DAYS}) as int)
                when bot_kind is null and u_late < {LATE_EVENT_SHARE} then 1 else 0 end as late_days
            from placed
        )
        select lpad(lower(to_base(cast(event_key::hugeint * {_SPREAD} % {_PRIME} as bigint), 36)), 12, '0') as event_id,
            cookie_id, case when is_remembered or step >= known_from then login end as login, event_type,
            {literal(SITE)} || case when bot_kind is not null then {bots.path_of("bot_kind", "u_path")}
                else replace(path, '{{product}}', coalesce(product_key, '')) end
                || case when event_type = 'search' then '?q=' || {by("purpose", searches, "''")}
                    when step = 1 then {by("source", links, "''")} else '' end as page_url,
            case when step = 1 and bot_kind is null then {by("source", referrers)} end as referrer_url, page_element,
            case when path like '%{{product}}%' or event_type = 'order' then product_key end as product_key,
            device_type, coalesce({by("bot_kind", machines)}, {by("device_type", people, one_of("u_agent", _DESKTOPS))})
                as user_agent,
            country, region, occurred_at, occurred_at::date + late_days as sent_on
        from late
    """


_OF_MONTH: Final = "visit_key // 100000000 = $month_number"


def _plant(world: World) -> None:
    world.plant("web_visits", "select * from visits order by visit_key")
    world.plant("web_steps", "select * from web_steps order by purpose, step")
    world.plant(
        "web_cookies",
        """
        select cookie_id, device_type, person_id, max(login) as login, bool_or(is_shared) as is_shared,
            max(bot_kind) as bot_kind, min(started_at)::date as first_on, max(started_at)::date as last_on,
            count(*) as visit_count
        from visits group by cookie_id, device_type, person_id order by cookie_id, person_id nulls first, device_type
        """,
    )
