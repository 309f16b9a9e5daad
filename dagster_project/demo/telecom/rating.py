"""What usage costs: the totals of a line and month, the charge of each event, and the table `usage_billed`.

An allowance is spread over the events that it covers: where a third of a month's minutes lies beyond the allowance,
each event is charged for a third of its minutes. The charges of a month add up to what the tariff says for it, to
the rounding of each to a millionth of a yuan. Simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.demo.telecom.events import DATA, LOCAL, LONG, MB, SMS, Events
from dagster_project.demo.telecom.line_arrays import Floats, Ints, Lines

#: Columns of `usage_billed` after the keys. Local and long: outgoing calls at home. Roaming: calls abroad, both ways.
#: Messages: outgoing, wherever. Data: all. 1 MB = 1,048,576 bytes.
TOTALS: Final = (
    "local_on_net_seconds", "local_off_net_seconds", "long_seconds", "sms_count", "data_bytes", "roaming_seconds",
)  # fmt: skip
_TERMS: Final = (
    "included_local_minutes", "included_long_minutes", "included_sms", "included_mb", "price_local_on_net",
    "price_local_off_net", "price_long", "price_sms", "price_mb", "price_roaming_minute",
)  # fmt: skip
#: The plan of a line is the last one that was in force in the month.
_PLANS: Final = f"""
    select s.subscription_key, {", ".join(f"plans.{term}" for term in _TERMS)}
    from subscription_plans as s
    inner join plans on plans.plan_key = s.plan_key
    where s.from_on <= $last_on and coalesce(s.to_on, date '9999-12-31') >= $month_on
    qualify row_number() over (partition by s.subscription_key order by s.from_on desc, s.plan_key) = 1
    order by s.subscription_key
"""
_MICRO: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Rated:
    """Totals by line (arrays of one entry a line) and the charge of each event in millionths of a yuan."""

    totals: dict[str, Ints]
    charge: Ints


def create_usage_billed(con: duckdb.DuckDBPyConnection) -> None:
    """An empty table of used totals: one row per line and month with any usage."""
    columns = ", ".join(f"{name} bigint" for name in TOTALS)
    con.execute(
        f"create or replace table usage_billed "
        f"(subscription_key bigint, month_on date, {columns}, charge_amount decimal(18, 6))"
    )


def rate(con: duckdb.DuckDBPyConnection, lines: Lines, events: Events, month_on: date, last_on: date) -> Rated:
    """Rate the events of a month by the plan of each line."""
    totals = _totals(lines, events)
    return Rated(totals, _charges(_terms(con, lines, month_on, last_on), totals, events))


def _totals(lines: Lines, events: Events) -> dict[str, Ints]:
    at_home = ~events.is_roaming
    out = events.is_outgoing & at_home
    local, long = out & (events.kind == LOCAL), out & (events.kind == LONG)
    voice_abroad = events.is_roaming & (events.kind <= LONG)
    parts = (
        (local & events.is_on_net, events.seconds),
        (local & ~events.is_on_net, events.seconds),
        (long, events.seconds),
        (events.is_outgoing & (events.kind == SMS), events.count),
        (events.kind == DATA, events.bytes),
        (voice_abroad, events.seconds),
    )
    # Sums of whole numbers below 2^53 are exact as doubles.
    return {
        name: np.bincount(events.line[mask], values[mask], len(lines)).astype(np.int64)
        for name, (mask, values) in zip(TOTALS, parts, strict=True)
    }


def _terms(con: duckdb.DuckDBPyConnection, lines: Lines, month_on: date, last_on: date) -> dict[str, Floats]:
    """Terms of the plan of each line; 0 for a line without one."""
    arrays = con.execute(_PLANS, {"month_on": month_on, "last_on": last_on}).fetchnumpy()
    place = lines.ordinals(np.asarray(arrays["subscription_key"], np.int64))
    terms = {name: np.zeros(len(lines)) for name in _TERMS}
    for name in _TERMS:
        terms[name][place] = np.asarray(arrays[name], np.float64)
    return terms


def _charges(terms: dict[str, Floats], totals: dict[str, Ints], events: Events) -> Ints:
    local = (totals["local_on_net_seconds"] + totals["local_off_net_seconds"]) / 60
    beyond = (
        _beyond(local, terms["included_local_minutes"]),
        _beyond(totals["long_seconds"] / 60, terms["included_long_minutes"]),
        _beyond(totals["sms_count"].astype(np.float64), terms["included_sms"]),
        _beyond(totals["data_bytes"] / MB, terms["included_mb"]),
    )
    line, minutes = events.line, events.seconds / 60
    local_price = np.where(events.is_on_net, terms["price_local_on_net"][line], terms["price_local_off_net"][line])
    listed = (
        minutes * local_price,
        minutes * terms["price_long"][line],
        events.count * terms["price_sms"][line],
        events.bytes / MB * terms["price_mb"][line],
    )
    charge = np.choose(events.kind, [price * share[line] for price, share in zip(listed, beyond, strict=True)])
    charge = np.where(events.is_outgoing | (events.kind == DATA), charge, 0.0)
    abroad = events.is_roaming & (events.kind <= LONG)
    charge = np.where(abroad, minutes * terms["price_roaming_minute"][line], charge)
    return np.asarray(np.rint(charge * _MICRO), np.int64)


def _beyond(used: Floats, included: Floats) -> Floats:
    """Share of what was used that no allowance covers."""
    return np.divide(np.maximum(used - included, 0.0), used, out=np.zeros(len(used)), where=used > 0)


def micro_decimal(micros: Ints) -> pa.Array:
    """Millionths as decimal(18, 6), without a division.

    >>> micro_decimal(np.array([1_500_000, -1])).to_pylist()
    [Decimal('1.500000'), Decimal('-0.000001')]
    """
    words = np.column_stack([micros, micros >> 63])
    return pa.Array.from_buffers(pa.decimal128(18, 6), len(micros), [None, pa.py_buffer(np.ascontiguousarray(words))])


def add_usage_billed(
    con: duckdb.DuckDBPyConnection, lines: Lines, events: Events, rated: Rated, month_on: date
) -> None:
    """Append the totals of a month to `usage_billed`."""
    used = np.unique(events.line)
    charge = np.bincount(events.line, rated.charge, len(lines)).astype(np.int64)[used]
    columns = {name: values[used] for name, values in rated.totals.items()}
    table = pa.table({"subscription_key": lines.subscription_key[used], **columns, "charge": micro_decimal(charge)})
    con.register("used", table)
    con.execute(
        f"insert into usage_billed select subscription_key, $month_on::date, {', '.join(TOTALS)}, charge from used",
        {"month_on": month_on},
    )
    con.unregister("used")
