"""Scatters planned monthly usage into usage events, one month at a time, each line's events by its own habits.

At full scale a line makes thousands of events a year. The simulation keeps a share of them (`scale`), and lets a
record stand for 1 / scale events of its kind: its seconds, bytes and charge are theirs, so that monthly totals stay
what they were and billing can be compared with usage. Simulated.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Final

import duckdb
import numpy as np

from dagster_project.demo.telecom import places
from dagster_project.demo.telecom.line_arrays import Bools, Floats, Ints, Lines, other_network_number

KINDS: Final = ("local", "long_distance", "sms", "data")
LOCAL, LONG, SMS, DATA = range(4)
MB: Final = 1 << 20

#: Mean seconds of a call, of one of a SIM box, of a long-distance call and of a data session; MB of a session.
CALL_SECONDS, BOX_CALL_SECONDS, LONG_CALL_SECONDS, SESSION_SECONDS, SESSION_MB = 110.0, 32.0, 190.0, 900.0, 80.0
#: Share of calls and messages that come in. Planned minutes and messages are those that go out.
INCOMING_SHARE: Final = 0.42
#: Spread of lengths and volumes (sigma of a log-normal of mean 1).
_LENGTH_SPREAD, _VOLUME_SPREAD = 0.6, 0.9
#: Relative use by weekday, Monday first, and by hour: calls, then messages and data; weekdays, then weekends.
_BY_WEEKDAY: Final = (1.0, 1.0, 1.0, 1.03, 1.12, 0.95, 0.88)
_BY_HOUR: Final = (
    (1, 1, 1, 1, 1, 2, 5, 14, 34, 52, 56, 54, 46, 40, 44, 50, 52, 56, 62, 60, 50, 36, 18, 6),
    (2, 1, 1, 1, 1, 1, 3, 8, 18, 32, 44, 50, 48, 44, 42, 44, 48, 54, 62, 62, 52, 38, 20, 8),
    (9, 5, 3, 2, 2, 3, 9, 22, 32, 34, 34, 36, 44, 38, 34, 34, 36, 40, 48, 58, 66, 64, 48, 22),
    (14, 8, 5, 3, 2, 2, 4, 10, 20, 30, 38, 42, 46, 44, 42, 42, 44, 48, 54, 62, 68, 66, 52, 30),
)
_LOOKUP: Final = 4096
_PLANNED: Final = """
    select subscription_key, local_on_net_minutes, local_off_net_minutes, long_minutes, sms_count, data_mb, roaming_days
    from usage_months where month_on = $month_on order by subscription_key
"""


@dataclass(frozen=True, slots=True)
class Events:
    """Events of one month in order of their start; one entry an event.

    Attributes:
        line: Ordinal.
        kind: Position in `KINDS`.
        is_outgoing: False too for data, which has no direction.
        is_on_net: False too for data.
        is_roaming: In another country's network.
        peer: Number of the other party; 0 for data.
        cell: Position of the cell; -1 when roaming.
        count: Events of its kind that the record stands for.
        seconds, bytes: Of all of them.
        start: Seconds since 1970, by the operator's clocks.
    """

    line: Ints
    kind: Ints
    is_outgoing: Bools
    is_on_net: Bools
    is_roaming: Bools
    peer: Ints
    cell: Ints
    count: Ints
    seconds: Ints
    bytes: Ints
    start: Ints

    def __len__(self) -> int:
        return len(self.line)

    def in_order(self) -> Events:
        """The same events by start; those of one second as they were."""
        order = np.argsort(self.start, kind="stable")
        return Events(**{column.name: getattr(self, column.name)[order] for column in fields(self)})


@dataclass(frozen=True, slots=True)
class Peers:
    """Ties of one kind (on-net or not), sorted by line, with their cumulated weights."""

    bound: Floats
    owner: Ints
    number: Ints

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection, lines: Lines, *, is_on_net: bool) -> Peers:
        arrays = con.execute(
            "select subscription_key, cast(peer_msisdn as bigint) as number, weight from edges "
            "where is_on_net = $is_on_net order by subscription_key, number, weight",
            {"is_on_net": is_on_net},
        ).fetchnumpy()
        owner = lines.ordinals(np.asarray(arrays["subscription_key"], np.int64))
        summed = np.cumsum(np.asarray(arrays["weight"], np.float64))
        last = np.r_[owner[1:] != owner[:-1], True] if len(owner) else np.zeros(0, np.bool_)
        total = np.diff(np.r_[0.0, summed[last]])
        before = np.r_[0.0, summed[last][:-1]]
        sizes = np.diff(np.r_[-1, np.flatnonzero(last)])
        share = (summed - np.repeat(before, sizes)) / np.repeat(total, sizes)
        share[last] = 1.0
        return cls(owner + share, owner, np.asarray(arrays["number"], np.int64))

    def draw(self, line: Ints, uniform: Floats) -> Ints:
        """A peer of each line, as likely as its weight; 0 for lines without one."""
        if not len(self.owner):
            return np.zeros(len(line), np.int64)
        place = np.minimum(np.searchsorted(self.bound, line + uniform, side="right"), len(self.owner) - 1)
        return np.where(self.owner[place] == line, self.number[place], 0)


@dataclass(frozen=True, slots=True)
class Habits:
    """What is the same in every month, and how much of each line's planned usage has become events so far.

    Attributes:
        lines: The lines.
        cells: Their four cells.
        own, other: Peers in the own network and in others.
        in_box: Lines in SIM boxes: brief calls, none incoming.
        scale: Share of events that are kept, at most 1.
        phase: A draw by line and kind, which decides in which month a share of an event becomes a whole one.
        planned: Events planned so far by line and kind; grows month by month.
    """

    lines: Lines
    cells: Ints
    own: Peers
    other: Peers
    in_box: Bools
    scale: float
    phase: Floats
    planned: Floats = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "planned", np.zeros_like(self.phase))

    @property
    def call_seconds(self) -> Floats:
        return np.where(self.in_box, BOX_CALL_SECONDS, CALL_SECONDS)


def scale_for(con: duckdb.DuckDBPyConnection, events: int) -> float:
    """Share of the planned events to keep so that about `events` come out; 1 when fewer are planned.

    Sums are of decimals: sums of doubles differ with the order in which threads add.
    """
    (local, long, sms, data), *_ = con.execute(
        "select sum((local_on_net_minutes + local_off_net_minutes)::decimal(18, 3))::double, "
        "sum(long_minutes::decimal(18, 3))::double, sum(sms_count::decimal(18, 3))::double, "
        "sum(data_mb::decimal(18, 3))::double from usage_months"
    ).fetchall()
    calls = (local or 0.0) * 60 / CALL_SECONDS + (long or 0.0) * 60 / LONG_CALL_SECONDS + (sms or 0.0)
    planned = calls / (1 - INCOMING_SHARE) + (data or 0.0) / SESSION_MB
    return min(1.0, events / planned) if planned else 1.0


def events_of(
    con: duckdb.DuckDBPyConnection, habits: Habits, rng: np.random.Generator, month_on: date, last_on: date
) -> Events:
    """The events of a month up to `last_on`. Months must come in order: `habits.planned` remembers them."""
    arrays = con.execute(_PLANNED, {"month_on": month_on}).fetchnumpy()
    plan = {name: np.asarray(values, np.float64) for name, values in arrays.items() if name != "subscription_key"}
    line = habits.lines.ordinals(np.asarray(arrays["subscription_key"], np.int64))
    row, kind = _counted(habits, line, plan)
    drawn_line = line[row]
    first_day, day = _days(habits.lines, rng, line, row, (month_on, last_on))
    hour = _hours(rng, kind, day)
    start = day * 86_400 + hour * 3_600 + rng.integers(0, 3_600, len(row))
    local = plan["local_on_net_minutes"] + plan["local_off_net_minutes"]
    on_net_share = np.divide(plan["local_on_net_minutes"], local, out=np.full(len(local), 0.5), where=local > 0)
    peer, is_on_net = _peers(habits, rng, drawn_line, kind, on_net_share[row])
    trip = first_day[row] + (rng.random(len(line)) * 20).astype(np.int64)[row]
    is_roaming = (day >= trip) & (day < trip + plan["roaming_days"][row])
    column = places.where(rng, hour, (day + 3) % 7 >= 5)
    cells = np.column_stack([habits.cells, habits.cells[:, 0]])[drawn_line, column]
    cells = np.where(column < len(places.PLACES), cells, rng.integers(0, len(habits.lines.cells), len(row)))
    cells = np.where(habits.in_box[drawn_line], habits.cells[drawn_line, 0], cells)
    incoming = np.where(habits.in_box[drawn_line], 0.0, INCOMING_SHARE)
    is_outgoing = (rng.random(len(row)) >= incoming) & (kind != DATA)
    count, seconds, volume = _sizes(habits, rng, drawn_line, kind)
    return Events(
        line=drawn_line, kind=kind, is_outgoing=is_outgoing, is_on_net=is_on_net, is_roaming=is_roaming, peer=peer,
        cell=np.where(is_roaming, -1, cells), count=count, seconds=seconds, bytes=volume, start=start,
    ).in_order()  # fmt: skip


def _counted(habits: Habits, line: Ints, plan: dict[str, Floats]) -> tuple[Ints, Ints]:
    """Row of the plan and kind of each event to make."""
    both_ways = 1 / np.where(habits.in_box[line], 1.0, 1 - INCOMING_SHARE)
    local = (plan["local_on_net_minutes"] + plan["local_off_net_minutes"]) * 60 / habits.call_seconds[line]
    wanted = np.column_stack([
        local * both_ways,
        plan["long_minutes"] * 60 / LONG_CALL_SECONDS * both_ways,
        plan["sms_count"] * both_ways,
        plan["data_mb"] / SESSION_MB,
    ])  # fmt: skip
    before = np.floor(habits.planned[line] + habits.phase[line])
    habits.planned[line] += wanted * habits.scale
    events = (np.floor(habits.planned[line] + habits.phase[line]) - before).astype(np.int64)
    row = np.repeat(np.repeat(np.arange(len(line)), len(KINDS)), events.reshape(-1))
    return row, np.repeat(np.tile(np.arange(len(KINDS)), len(line)), events.reshape(-1))


def _days(
    lines: Lines, rng: np.random.Generator, line: Ints, row: Ints, delivered: tuple[date, date]
) -> tuple[Ints, Ints]:
    """First day in use of each row of the plan, and the day of each event, as days since 1970."""
    first, last = (int(np.datetime64(day, "D").astype(np.int64)) for day in delivered)
    weekday = (np.arange(first, last + 1) + 3) % 7
    weight = np.r_[0.0, np.cumsum(np.array(_BY_WEEKDAY)[weekday])]
    since = np.clip(lines.started_on[line], first, last) - first
    until = np.maximum(np.clip(lines.ended_on[line], first, last) - first, since)
    low, high = weight[since][row], weight[until + 1][row]
    drawn = low + rng.random(len(row)) * (high - low)
    day = np.searchsorted(weight, drawn, side="right") - 1
    return first + since, first + np.clip(day, since[row], until[row])


def _hours(rng: np.random.Generator, kind: Ints, day: Ints) -> Ints:
    shares = np.cumsum(np.array(_BY_HOUR, np.float64), axis=1)
    shares /= shares[:, -1:]
    middles = (np.arange(_LOOKUP) + 0.5) / _LOOKUP
    lookup = np.stack([np.searchsorted(row, middles) for row in shares])
    profile = np.where(kind <= LONG, 0, 2) + ((day + 3) % 7 >= 5)
    return np.asarray(lookup[profile, rng.integers(0, _LOOKUP, len(kind))], np.int64)


def _peers(
    habits: Habits, rng: np.random.Generator, line: Ints, kind: Ints, on_net_share: Floats
) -> tuple[Ints, Bools]:
    """Other party of each event, and whether it is a line of the operator."""
    wants_own = rng.random(len(line)) < on_net_share
    uniform = rng.random(len(line))
    own = np.where(wants_own, habits.own.draw(line, uniform), 0)
    other = habits.other.draw(line, uniform)
    other = np.where(other == 0, other_network_number(habits.lines.subscription_key[line], 2), other)
    has_peer = kind != DATA
    return np.where(has_peer, np.where(own > 0, own, other), 0), (own > 0) & has_peer


def _sizes(habits: Habits, rng: np.random.Generator, line: Ints, kind: Ints) -> tuple[Ints, Ints, Ints]:
    """Events that a record stands for, their seconds and their bytes."""
    count = np.floor(1 / habits.scale + rng.random(len(line))).astype(np.int64)
    typical = np.choose(kind, [habits.call_seconds[line], LONG_CALL_SECONDS, 0.0, SESSION_SECONDS])
    length = np.exp(_LENGTH_SPREAD * rng.standard_normal(len(line)) - _LENGTH_SPREAD**2 / 2)
    seconds = np.where(kind == SMS, 0, np.maximum(1, np.rint(count * typical * length))).astype(np.int64)
    spread = np.exp(_VOLUME_SPREAD * rng.standard_normal(len(line)) - _VOLUME_SPREAD**2 / 2)
    volume = np.where(kind == DATA, np.maximum(1, np.rint(count * SESSION_MB * MB * spread)), 0).astype(np.int64)
    return count, seconds, volume
