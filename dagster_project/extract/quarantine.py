"""The quarantine `quarantine.bad_rows`: rows kept out of raw, with their original text, and how to list them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import duckdb

#: Rules of the loader, and the csv reader's words for a broken row; any other rule is one of a suite.
LOADER_RULES: Final = (
    "not_null", "cast", "length", "pattern", "codes", "json", "unknown_key", "mangled", "implausible_date",
    "missing_columns", "too_many_columns", "unquoted_value",
    "invalid_encoding", "invalid_unicode", "line_size_over_maximum", "invalid_state",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row kept out of raw.

    Attributes:
        load_id, system, extract, source_file: The delivery it came with.
        row_number: Data row in that file, from 1.
        rule: First rule it breaks.
        column_name: Column that breaks it; None when the row as a whole does.
        payload: The original text. Personal data: for the steward's eyes only, never for a log.
        quarantined_at: UTC time.
        status: `open` until a steward settles it.
    """

    load_id: str
    system: str
    extract: str
    source_file: str
    row_number: int
    rule: str
    column_name: str | None
    payload: str | None
    quarantined_at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class BadRowCount:
    """Bad rows of one delivery by rule and column; holds no values."""

    load_id: str
    system: str
    extract: str
    source_file: str
    rule: str
    column_name: str | None
    rows: int


def quarantined(con: duckdb.DuckDBPyConnection, load_id: str, *, limit: int = 100) -> list[BadRow]:
    """Bad rows of one delivery in file order, with their original text."""
    rows = con.execute(
        """
        select load_id, system, extract, source_file, row_number, rule, column_name, payload, quarantined_at, status
        from quarantine.bad_rows where load_id = $load_id order by row_number limit $limit
        """,
        {"load_id": load_id, "limit": limit},
    ).fetchall()
    return [BadRow(*row) for row in rows]


def quarantine_summary(con: duckdb.DuckDBPyConnection, *, system: str | None = None) -> list[BadRowCount]:
    """Bad rows that are open, counted by delivery, rule and column; most first."""
    rows = con.execute(
        """
        select load_id, system, extract, source_file, rule, column_name, count(*) as rows
        from quarantine.bad_rows
        where status = 'open' and system = coalesce($system, system)
        group by all
        order by rows desc, load_id, rule, column_name
        """,
        {"system": system},
    ).fetchall()
    return [BadRowCount(*row) for row in rows]


def describe(con: duckdb.DuckDBPyConnection, load_id: str) -> str:
    """The rules that rows of a load break, most rows first, without values: `cast in sales_value (7), …`."""
    rows = con.execute(
        """
        select rule, column_name, count(*) as rows from quarantine.bad_rows
        where load_id = $load_id group by all order by rows desc, rule, column_name limit 5
        """,
        {"load_id": load_id},
    ).fetchall()
    return ", ".join(f"{rule} in {column or 'the whole row'} ({count:,})" for rule, column, count in rows)


@dataclass(frozen=True, slots=True)
class Original:
    """A quarantined row as it can be brought back.

    Attributes:
        row_number: Data row in the delivered file.
        payload: The original text. Personal data.
        is_typed: Set aside by a suite: the payload holds values as JSON, not texts as delivered.
        is_open: Not settled, or settled by a repair that is held.
    """

    row_number: int
    payload: str | None
    is_typed: bool
    is_open: bool


def originals(con: duckdb.DuckDBPyConnection, load_id: str) -> list[Original]:
    """Every quarantined row of one delivery, in file order."""
    rows = con.execute(
        """
        select bad.row_number, bad.payload, not list_contains($ours, bad.rule),
            bad.status = 'open' or repair.status in ('held', 'rejected')
        from quarantine.bad_rows as bad
        left join ops.loads as repair on repair.load_id = bad.settled_by
        where bad.load_id = $load_id
        order by bad.row_number
        """,
        {"load_id": load_id, "ours": list(LOADER_RULES)},
    ).fetchall()
    return [Original(number, payload, typed, bool(is_open)) for number, payload, typed, is_open in rows]
