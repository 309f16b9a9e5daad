"""Which rows of a table a run checks: the new loads, the changed business dates, or all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb

from dagster_project.quality.sql import constant, constants, identifier, table_name
from dagster_project.quality.suites import Rule, Suite

# A sample query has to stay readable: beyond this many loads it names their business dates instead.
_MOST_NAMED: Final = 12


@dataclass(frozen=True)
class CheckedRows:
    """The rows a suite is run on.

    Attributes:
        asset: `schema.table`.
        where: SQL condition that selects the rows; `None` for the whole table.
        reading: A condition short enough for people that selects the same rows or, of the same business dates, more.
        note: The choice in words.
    """

    asset: str
    where: str | None
    reading: str | None
    note: str

    @property
    def select(self) -> str:
        """SQL: the rows."""
        return f"select * from {table_name(self.asset)}" + (f" where {self.where}" if self.where else "")

    def failing(self, rule: Rule, as_of: date, *, limit: int | None = None) -> str | None:
        """SQL: the rows that break the rule; with a limit, short enough to show; `None` for a table rule."""
        predicate = rule.bad_row(as_of)
        if predicate is None:
            return None
        condition = self.where if limit is None else self.reading
        tail = "" if limit is None else f" limit {limit}"
        if rule.type.is_windowed:
            rows = f" where {condition}" if condition else ""
            return f"select * from {table_name(self.asset)}{rows} qualify {predicate}{tail}"
        both = f"({condition}) and {predicate}" if condition else predicate
        return f"select * from {table_name(self.asset)} where {both}{tail}"


def whole_table(asset: str) -> CheckedRows:
    return CheckedRows(asset, None, None, "whole table")


def loads_of(con: duckdb.DuckDBPyConnection, suite: Suite, load_ids: Sequence[str]) -> CheckedRows:
    """The rows of some loads of a raw table.

    The filter on the business date lets DuckDB skip the row groups of other days. There is no filter at all
    when the loads are all there is: the first run checks the whole history in plain scans.
    """
    system, extract = suite.table.split("__", 1)
    first, last, others = _extent(con, system, extract, load_ids)
    note = f"{len(load_ids)} load{'s' if len(load_ids) != 1 else ''}"
    if first is None or last is None:
        return CheckedRows(suite.name, f"_load_id in {constants(sorted(load_ids))}", None, note)
    note = f"{note} of {first}" if first == last else f"{note} of {first} to {last}"
    if not others:
        return CheckedRows(suite.name, None, None, note)
    days = f"_business_on between {constant(first)} and {constant(last)}"
    exact = f"{days} and _load_id in {constants(sorted(load_ids))}"
    return CheckedRows(suite.name, exact, exact if len(load_ids) <= _MOST_NAMED else days, note)


def dates_of(suite: Suite, dates: Iterable[date]) -> CheckedRows:
    """The rows of some business dates."""
    days = sorted(set(dates))
    if not days:
        return CheckedRows(suite.name, "false", "false", "no changed business date")
    column = identifier(suite.partition_column)
    span = f"{column} between {constant(days[0])} and {constant(days[-1])}"
    is_gapless = (days[-1] - days[0]).days + 1 == len(days)
    exact = span if is_gapless else f"{span} and {column} in {constants(days)}"
    note = f"{len(days)} business date{'s' if len(days) != 1 else ''}, {days[0]} to {days[-1]}"
    return CheckedRows(suite.name, exact, exact if len(days) <= _MOST_NAMED else span, note)


def _extent(
    con: duckdb.DuckDBPyConnection, system: str, extract: str, load_ids: Sequence[str]
) -> tuple[date | None, date | None, int]:
    """First and last business date of the loads, and how many other loads of the extract have rows."""
    row = con.execute(
        """
        select
            min(business_on) filter (where is_asked), max(business_on) filter (where is_asked),
            count_if(not is_asked and rows_loaded > 0)
        from (
            select business_on, rows_loaded, list_contains($ids, load_id) as is_asked
            from ops.loads where system = $system and extract = $extract
        )
        """,
        {"ids": list(load_ids), "system": system, "extract": extract},
    ).fetchone()
    assert row is not None  # an aggregate without groups always has one row
    return row
