"""Machines that visit the web site: what kinds there are, how often they come, and what gives them away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dagster_project.demo.telecom.drawing import literal, one_of
from dagster_project.demo.telecom.world import World


@dataclass(frozen=True, slots=True)
class Bot:
    """One kind of machine.

    Attributes:
        visits_a_day: At least this many on a day on which it comes.
        customers_a_visit: One more visit a day for each so many customers; 0 = does not grow.
        days_share: Share of the days on which it comes.
        events: Events of a visit.
        gap_seconds: Time between two events; it does not vary.
        event_type: Of every event.
        paths: Pages, each equally likely.
        user_agent: What it says it is.
        is_declared: Whether that tells the truth.
        cookie: visit = a new one each time, day = one a day, kind = always the same.
        country: Where its address lies.
        source: As in `journeys.SOURCES`.
    """

    visits_a_day: int
    customers_a_visit: int
    days_share: float
    events: int
    gap_seconds: int
    event_type: str
    paths: tuple[str, ...]
    user_agent: str
    is_declared: bool
    cookie: str
    country: str
    source: str = "direct"


_BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
_ALL_PAGES: Final = ("/", "/plans", "/addons", "/news", "/help", "/help/article", "/about", "/plans/compare")
BOTS: Final = {
    "crawler": Bot(2, 8_000, 1.0, 25, 4, "page_view", _ALL_PAGES,
                   "SousuoSpider/2.1 (+https://www.sousuo-search.example/bot)", True, "day", "SG"),
    "monitor": Bot(48, 0, 1.0, 1, 1, "page_view", ("/",), "UptimeMonitor/1.4", True, "kind", "US"),
    "scraper": Bot(1, 20_000, 0.8, 60, 1, "page_view", ("/plans", "/plans/compare", "/addons"), _BROWSER, False,
                   "day", "CN"),
    "login_guesser": Bot(12, 20_000, 0.06, 30, 2, "login_failed", ("/login",), _BROWSER, False, "visit", "NL"),
    "ad_clicker": Bot(3, 1_500, 0.5, 1, 1, "page_view", ("/plans",), _BROWSER, False, "visit", "BR", "ad"),
}  # fmt: skip


def visits(world: World) -> str:
    """A query with one row per visit of a machine: bot_kind, day_on, draw_key and what the kind fixes."""
    blocks = []
    for kind, bot in BOTS.items():
        grown = world.options.customers // bot.customers_a_visit if bot.customers_a_visit else 0
        scope = {"visit": "hash(day_on, n)", "day": "hash(day_on)", "kind": "hash(0)"}[bot.cookie]
        blocks.append(
            f"""
            select {literal(kind)} as bot_kind, day_on, hash(day_on, n, {literal(kind)}) as draw_key,
                {scope} as cookie_key, {bot.events} as steps_reached, {bot.gap_seconds} as pace_seconds,
                {literal(bot.source)} as source, {literal(bot.country)} as country
            from (select unnest(generate_series($first_on, $last_on, interval 1 day))::date as day_on)
            cross join range({bot.visits_a_day + grown}) as t(n)
            where u('bot day', hash(day_on, {literal(kind)})) < {bot.days_share}
            """
        )
    return " union all ".join(blocks)


def path_of(kind_column: str, uniform: str) -> str:
    """Page of an event, by the kind of machine."""
    branches = " ".join(f"when {literal(kind)} then {one_of(uniform, bot.paths)}" for kind, bot in BOTS.items())
    return f"case {kind_column} {branches} end"
