"""When a daily feed hands over: history in one file a month, the recent past in one file a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.demo.telecom.world import World

#: Days before `as_of` that come as daily files at least; the months wholly before them come as one file each.
DAILY_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class Span:
    """The business days of one file; the file bears the last of them."""

    first_on: date
    last_on: date


def months(options: TelecomOptions) -> list[Span]:
    """Calendar months of the operator; the last one ends with `as_of`.

    >>> [span.last_on.isoformat() for span in months(TelecomOptions(months=2, as_of=date(2026, 3, 5)))]
    ['2026-02-28', '2026-03-05']
    """
    spans = []
    first = options.start_on
    while first <= options.as_of:
        following = (first + timedelta(days=31)).replace(day=1)
        spans.append(Span(first, min(following - timedelta(days=1), options.as_of)))
        first = following
    return spans


def files_of(month: Span, options: TelecomOptions) -> list[Span]:
    """The files in which the days of a month are handed over.

    >>> options = TelecomOptions(months=3, as_of=date(2026, 3, 5))
    >>> [len(files_of(month, options)) for month in months(options)]
    [1, 28, 5]
    """
    if month.last_on < options.as_of - timedelta(days=DAILY_DAYS):
        return [month]
    days = (month.last_on - month.first_on).days + 1
    return [Span(day, day) for day in (month.first_on + timedelta(days=number) for number in range(days))]


def files_with_rows(world: World, days: str) -> list[Span]:
    """The files of a feed that have something to say: a system sends nothing where nothing happened.

    Args:
        world: Whose days are meant.
        days: Query whose first column is the business day of each row.
    """
    found = {row[0] for row in world.con.execute(f"select distinct * from ({days})").fetchall()}
    spans = [span for month in months(world.options) for span in files_of(month, world.options)]
    return [span for span in spans if any(span.first_on <= day <= span.last_on for day in found)]
