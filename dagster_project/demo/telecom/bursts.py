"""Planted complaint bursts: on a few days many people of one place call about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from dagster_project.demo.telecom.drawing import literal
from dagster_project.demo.telecom.world import World

#: Bursts a month on average, and their length in days.
BURSTS_A_MONTH: Final = 0.6
_SHORTEST_DAYS: Final = 3
_LONGEST_DAYS: Final = 9
#: Share of the people of the place who call because of it.
_LEAST_SHARE: Final = 0.05
_MOST_SHARE: Final = 0.12
#: Topic -> whether it strikes a whole city (billing runs, promotions) or one district (the network).
TOPICS: Final = {"coverage": False, "data_speed": False, "call_quality": False, "billing_error": True,
                 "promotion": True, "scam_calls": True}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Burst:
    """What happened where and when; `share` of the people of the place call once."""

    number: int
    topic: str
    city: str
    district: str | None
    starts_on: date
    ends_on: date
    share: float


def create(world: World) -> None:
    """Create `complaint_bursts`."""
    values = ", ".join(
        f"({burst.number}, {literal(burst.topic)}, {literal(burst.city)}, "
        f"{'null' if burst.district is None else literal(burst.district)}, "
        f"date '{burst.starts_on}', date '{burst.ends_on}', {burst.share:.4f}::double)"
        for burst in draw(world)
    )
    world.create(
        "complaint_bursts",
        f"select burst_key::integer as burst_key, * exclude (burst_key) from (values {values})"
        " as t(burst_key, topic, city, district, starts_on, ends_on, share)",
    )


def draw(world: World) -> list[Burst]:
    """The bursts of the operator, by start; at least one."""
    rng = world.rng("complaint bursts")
    options = world.options
    days = (options.as_of - options.start_on).days + 1
    places = world.con.execute("select city, district from districts order by district_no").fetchall()
    topics = list(TOPICS)
    count = max(1, round(BURSTS_A_MONTH * options.months))
    drawn = []
    for start in sorted(int(rng.integers(0, max(1, days - _LONGEST_DAYS))) for _ in range(count)):
        topic = topics[int(rng.integers(len(topics)))]
        city, district = places[int(rng.integers(len(places)))]
        length = int(rng.integers(_SHORTEST_DAYS, _LONGEST_DAYS + 1))
        starts_on = options.start_on + timedelta(days=start)
        share = round(float(rng.uniform(_LEAST_SHARE, _MOST_SHARE)), 4)
        drawn.append((topic, city, None if TOPICS[topic] else district, starts_on, length, share))
    return [
        Burst(number, topic, city, district, starts_on, starts_on + timedelta(days=length - 1), share)
        for number, (topic, city, district, starts_on, length, share) in enumerate(drawn, start=1)
    ]
