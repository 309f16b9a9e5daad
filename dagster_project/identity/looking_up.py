"""What a steward asks before deciding: records by key, questions, and what became of a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb

from dagster_project.errors import ConfigurationError
from dagster_project.identity.decisions import Record

_FIND: Final = "select source_system, customer_key from lake.intermediate.customer_xref where customer_key = $key"
_RELATIVES: Final = """
    select other.source_system, other.customer_key
    from lake.intermediate.customer_xref as one inner join lake.intermediate.customer_xref as other using (customer_id)
    where one.source_system = $system and one.customer_key = $key
        and (other.source_system, other.customer_key) <> ($system, $key)
    order by all
"""
_REVIEWS: Final = """
    select review_id, review_kind, left_system, left_key, right_system, right_key, evidence, match_weight
    from lake.intermediate.identity_reviews
    where $review is null or review_id = $review
    order by match_weight desc nulls last, review_id
"""
_PERIODS: Final = """
    select customer_id, valid_from_on, valid_to_on from lake.ops.customer_ids
    where source_system = $system and customer_key = $key order by valid_from_on
"""
_RECORD: Final = """
    select * from lake.intermediate.int_records_prepared where source_system = $system and customer_key = $key
"""


@dataclass(frozen=True, slots=True)
class Review:
    """A question to a steward: are these two records one person?"""

    review_id: str
    kind: str
    left: Record
    right: Record
    evidence: str
    weight: float | None


def record(con: duckdb.DuckDBPyConnection, key: str) -> Record:
    """The record of that key.

    Raises:
        ConfigurationError: there is none, or several systems have one.
    """
    found = con.execute(_FIND, {"key": key}).fetchall()
    if len(found) != 1:
        what = "is in no source record" if not found else f"is a record of {len(found)} systems"
        raise ConfigurationError(f"The key '{key}' {what}.", "take a key as `tenure steward identity review` shows it")
    return tuple(found[0])


def relatives(con: duckdb.DuckDBPyConnection, of: Record) -> list[Record]:
    """The other records of the same person."""
    return con.execute(_RELATIVES, {"system": of[0], "key": of[1]}).fetchall()


def reviews(con: duckdb.DuckDBPyConnection, review_id: str | None = None) -> list[Review]:
    """Open questions, likeliest first; or the one of that id.

    Raises:
        ConfigurationError: there is no such question.
    """
    rows = con.execute(_REVIEWS, {"review": review_id}).fetchall()
    if review_id and not rows:
        raise ConfigurationError(f"There is no question '{review_id}'.", "`tenure steward identity review`")
    return [Review(row[0], row[1], (row[2], row[3]), (row[4], row[5]), row[6], row[7]) for row in rows]


def attributes(con: duckdb.DuckDBPyConnection, of: Record) -> dict[str, object]:
    """What is compared of a record, values and all: personal data."""
    rows = con.execute(_RECORD, {"system": of[0], "key": of[1]})
    names = [column[0] for column in rows.description or ()]
    found = rows.fetchall()
    return dict(zip(names, found[0], strict=True)) if found else {}


def periods(con: duckdb.DuckDBPyConnection, of: Record) -> list[tuple[int, date, date | None]]:
    """The ids that a record bore: id, first day, first day without it or None."""
    return con.execute(_PERIODS, {"system": of[0], "key": of[1]}).fetchall()
