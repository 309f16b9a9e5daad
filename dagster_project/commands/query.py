"""`tenure query`: an answer of the release as a table for people, or as CSV or JSON for programs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import typer

from dagster_project.publish.query import QueryResult, run_query, to_csv, to_json
from dagster_project.settings import Settings

# A table of more rows is scrolled past, not read.
_TABLE_ROWS: Final = 1000


def show_result(settings: Settings, sql: str, output: str) -> None:
    """Print the answer to one question; `output` is `table`, `csv` or `json`.

    Raises:
        NotPublishedError: there is no release yet.
        QueryError: the statement was refused, or could not be answered.
    """
    if output == "csv":
        typer.echo(to_csv(run_query(settings, sql)), nl=False)
    elif output == "json":
        typer.echo(to_json(run_query(settings, sql)))
    else:
        print_rows(run_query(settings, sql, limit=_TABLE_ROWS))


def print_rows(result: QueryResult) -> None:
    """A table with numbers to the right, and how many rows there are."""
    from dagster_project.commands.terminal import amount, note, out, table

    rows = result.rows
    numbers = {
        name
        for position, name in enumerate(result.columns)
        if any(isinstance(row[position], int | float | Decimal) for row in rows[:1])
    }
    out().print(table(result.columns, (map(_shown, row) for row in rows), right=frozenset(numbers)))
    more = "; there are more: use --format csv" if result.is_truncated else ""
    note(f"{amount(len(rows), 'row')}{more}")


def _shown(value: Any) -> str | None:
    """Numbers without separators: an id with a comma in it cannot be copied into the next query."""
    return None if value is None else str(value)
