"""The quarantine `quarantine.bad_rows`: rows kept out of raw, with their original text, and how to list them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb


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
