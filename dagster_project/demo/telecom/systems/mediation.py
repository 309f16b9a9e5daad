"""The mediation platform: hands over usage records as parquet, by the hour, once a day for days long past.

Habits: times by the operator's clocks (UTC+8); a record is condensed, `event_count` says how many events of its
kind it stands for; no direction and no peer for data; no cell while roaming. Simulated.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo.telecom.events import DATA, KINDS, SMS, Events, Habits, Peers, events_of, scale_for
from dagster_project.demo.telecom.line_arrays import Ints, Lines, read_lines
from dagster_project.demo.telecom.places import read_cells
from dagster_project.demo.telecom.rating import add_usage_billed, create_usage_billed, micro_decimal, rate

if TYPE_CHECKING:
    from dagster_project.demo.telecom.sending import Sender
    from dagster_project.demo.telecom.world import World

#: So many days up to the last one come by the hour.
HOURLY_DAYS: Final = 31
_HOUR, _DAY = 3_600, 86_400
#: Numbers that a month may use for its records.
_RECORDS_A_MONTH: Final = 10**10


def write(world: World, out: Sender) -> None:
    """Send all usage of all lines, and create `usage_billed`: what each line used in each month, from these events."""
    lines = read_lines(world.con)
    habits = _habits(world, lines)
    create_usage_billed(world.con)
    for month in _months(world.options.start_on, world.options.as_of):
        _send_month(world, out, habits, month)
    _plant(world, habits)


def _send_month(world: World, out: Sender, habits: Habits, month: tuple[date, date]) -> None:
    """Make, rate and send the usage of one month. A function of its own, so that one month is in memory, not two."""
    lines, (month_on, last_on) = habits.lines, month
    events = events_of(world.con, habits, world.rng(f"usage {month_on}"), month_on, last_on)
    rated = rate(world.con, lines, events, month_on, last_on)
    add_usage_billed(world.con, lines, events, rated, month_on)
    records = _records(lines, events, rated.charge, month_on)
    for day, hour, first, last in _files(events.start, month_on, last_on, world.options.as_of):
        part = None if hour is None else f"{hour:02d}"
        # Says what the file is of: hours without a record would be the same file over and over.
        period = {"period": f"{day} {part or 'day'}"}
        rows = records.slice(first, last - first).replace_schema_metadata(period)
        out.send("mediation", "usage", day, rows, "parquet", part=part)
    out.flush()


def _habits(world: World, lines: Lines) -> Habits:
    boxes = world.con.execute(
        "select subscription_key from fraud_lines where kind = 'sim_box' order by subscription_key"
    ).fetchnumpy()["subscription_key"]
    in_box = np.zeros(len(lines), np.bool_)
    in_box[lines.ordinals(np.asarray(boxes, np.int64))] = True
    return Habits(
        lines=lines,
        cells=read_cells(world.con),
        own=Peers.read(world.con, lines, is_on_net=True),
        other=Peers.read(world.con, lines, is_on_net=False),
        in_box=in_box,
        scale=scale_for(world.con, world.options.events_per_customer * world.options.customers),
        phase=world.rng("usage phase").random((len(lines), len(KINDS))),
    )


def _plant(world: World, habits: Habits) -> None:
    world.plant("usage_billed", "select * from usage_billed order by month_on, subscription_key")
    world.plant("usage_scale", f"select {habits.scale!r}::double as kept_share order by 1")


def _months(start_on: date, as_of: date) -> list[tuple[date, date]]:
    """First and last day delivered of each month."""
    months = []
    first = start_on
    while first <= as_of:
        following = (first + timedelta(days=31)).replace(day=1)
        months.append((first, min(as_of, following - timedelta(days=1))))
        first = following
    return months


def _files(start: Ints, month_on: date, last_on: date, as_of: date) -> list[tuple[date, int | None, int, int]]:
    """Day, hour (None for a whole day) and rows (from, to) of each file of a month. Empty hours are sent, too."""
    midnight = int(np.datetime64(month_on, "s").astype(np.int64))
    wanted: list[tuple[date, int | None, int, int]] = []
    for number in range((last_on - month_on).days + 1):
        day, begins = month_on + timedelta(days=number), midnight + number * _DAY
        if (as_of - day).days < HOURLY_DAYS:
            wanted += [(day, hour, begins + hour * _HOUR, begins + (hour + 1) * _HOUR) for hour in range(24)]
        else:
            wanted.append((day, None, begins, begins + _DAY))
    first = np.searchsorted(start, [begins for *_, begins, _ in wanted])
    last = np.searchsorted(start, [ends for *_, ends in wanted])
    return [(day, hour, int(a), int(b)) for (day, hour, _, _), a, b in zip(wanted, first, last, strict=True)]


def _records(lines: Lines, events: Events, charge: Ints, month_on: date) -> pa.Table:
    """The events of a month as the platform hands them over."""
    is_data = events.kind == DATA
    first = (month_on.year * 100 + month_on.month) * _RECORDS_A_MONTH
    direction = pa.DictionaryArray.from_arrays(
        pa.array(events.is_outgoing.astype(np.int8), mask=is_data), pa.array(["incoming", "outgoing"])
    )
    return pa.table({
        "record_id": pa.array(first + np.arange(1, len(events) + 1)),
        "line_key": pa.array(lines.subscription_key[events.line]),
        "usage_type": pa.DictionaryArray.from_arrays(pa.array(events.kind.astype(np.int8)), pa.array(KINDS)),
        "direction": direction,
        "peer_number": pc.cast(pa.array(events.peer, mask=is_data), pa.string()),
        "is_on_net": pa.array(events.is_on_net, mask=is_data),
        "is_roaming": pa.array(events.is_roaming),
        "cell_key": pa.DictionaryArray.from_arrays(
            pa.array(events.cell.astype(np.int32), mask=events.cell < 0), pa.array(lines.cells, pa.string())
        ),
        "event_count": pa.array(events.count),
        "duration_seconds": pa.array(events.seconds, mask=events.kind == SMS),
        "volume_bytes": pa.array(events.bytes, mask=~is_data),
        "charge": micro_decimal(charge),
        "call_start": pa.array(events.start * 1_000_000, pa.timestamp("us")),
    })  # fmt: skip
