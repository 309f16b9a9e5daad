"""The audit log `ops.audit_log`: who did what, when, to which object, each event chained to the one before.

An event that is changed, added in between or taken out breaks the chain. Cutting off its end does not: that is
found by comparing with the copy in the last release. Details hold figures and names, never values of rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import duckdb

_COLUMNS: Final = "event_number, occurred_at, actor, event, object, detail, previous_hash, hash"
_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done.

    Attributes:
        occurred_at: When, with a zone or as UTC without.
        actor: Who: `run <id>`, or a user of the operating system.
        event: What, in two words; the list is in `warehouse/ddl/050_audit_log.sql`.
        object: To what: an id or a file.
        detail: Figures and names.
    """

    occurred_at: datetime
    actor: str
    event: str
    object: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """The state of the log: how many events, the last hash, and the first event that does not fit, if any."""

    events: int
    head: str
    broken_at: int | None


def append(con: duckdb.DuckDBPyConnection, events: Sequence[Event]) -> None:
    """Add events in order. The caller holds the writer lock, so no other process adds between.

    Args:
        con: Writable connection whose default catalog holds `ops`.
        events: What was done.
    """
    if not events:
        return
    last = con.execute("select event_number, hash from ops.audit_log order by event_number desc limit 1").fetchall()
    number, previous = last[0] if last else (0, "")
    rows = []
    for event in events:
        number += 1
        at = _utc(event.occurred_at)
        content = (number, at, event.actor, event.event, event.object, event.detail, previous)
        link = _hash(content)
        rows.append((*content, link))
        previous = link
    lists = {f"c{place}": [row[place] for row in rows] for place in range(8)}
    con.execute(
        f"insert into ops.audit_log ({_COLUMNS}) select {', '.join(f'unnest(${name})' for name in lists)}", lists
    )


def verify(con: duckdb.DuckDBPyConnection) -> Chain:
    """Compute every hash again.

    Args:
        con: Connection whose search path finds `ops.audit_log`: the warehouse or a release.
    """
    rows = con.execute(f"select {_COLUMNS} from ops.audit_log order by event_number")
    count, previous = 0, ""
    while batch := rows.fetchmany(_AT_ONCE):
        for *content, link in batch:
            count += 1
            if content[0] != count or content[-1] != previous or link != _hash(content):
                return Chain(count, previous, broken_at=count)
            previous = link
    return Chain(count, previous, broken_at=None)


def _hash(content: Sequence[object]) -> str:
    """Over the columns of an event but the hash, which include the hash before."""
    text = json.dumps([str(value) for value in content], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _utc(moment: datetime) -> datetime:
    """UTC without zone, as tables hold it.

    >>> _utc(datetime(2018, 1, 1, 5, tzinfo=UTC))
    datetime.datetime(2018, 1, 1, 5, 0)
    """
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
