"""One question to the published release, answered as rows, CSV or JSON.

Only reading statements pass, one at a time, on a connection that cannot write, reach files or change its
settings. Two locks on one door: the kind of statement is checked before, and DuckDB refuses the rest.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import duckdb

from dagster_project.errors import QueryError
from dagster_project.publish.reader import open_release
from dagster_project.settings import Settings

_MISSING_TABLE: Final = re.compile(r'Table with name "?([^"]+?)"? does not exist')
_TABLES: Final = """
    select table_name, schema_name || '.' || table_name
    from (
        select schema_name, table_name from duckdb_tables() where database_name = 'tenure'
        union all
        select schema_name, view_name from duckdb_views() where database_name = 'tenure' and not internal
    )
    order by 2
"""
_SEE_TABLES: Final = "`tenure query 'show all tables'` lists what there is"
_CORRECT_IT: Final = "correct the query and ask again"


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The answer: names and DuckDB types of the columns, and the rows as Python values.

    `is_truncated` says that there were more rows than the limit.
    """

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]
    is_truncated: bool


def run_query(settings: Settings, sql: str, *, limit: int | None = None) -> QueryResult:
    """Answer one reading statement from the published release.

    Tables may be named without their schema: marts, ml, activation and ops are searched in this order.

    Args:
        settings: Names the release file.
        sql: One `select` (also `with`, `from`, `describe`, `show`, `summarize`, `values`).
        limit: Most rows to return; None returns all.

    Raises:
        NotPublishedError: there is no release yet.
        QueryError: the statement was refused, or DuckDB could not answer it.
    """
    with open_release(settings) as con:
        try:
            answer = con.execute(_only_statement(con, sql))
            rows = answer.fetchall() if limit is None else answer.fetchmany(limit + 1)
        except duckdb.Error as error:
            raise _explain(con, error) from error
        described = con.description or []
    is_truncated = limit is not None and len(rows) > limit
    return QueryResult(
        columns=[column[0] for column in described],
        types=[str(column[1]) for column in described],
        rows=rows[:limit],
        is_truncated=is_truncated,
    )


def to_csv(result: QueryResult) -> str:
    """The answer as CSV: header, comma, newline; null is an empty field.

    >>> to_csv(QueryResult(["sales"], ["DECIMAL(12,2)"], [(Decimal("4.50"),)], is_truncated=False))
    'sales\\n4.50\\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([cell_text(value) for value in row] for row in result.rows)
    return text.getvalue()


def cell_text(value: Any) -> str:
    """One value as CSV says it: decimals with all digits, ISO 8601 dates, true/false, null as nothing.

    >>> cell_text(Decimal("4.50")), cell_text(date(2017, 1, 2)), cell_text(None)
    ('4.50', '2017-01-02', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, list | dict | tuple):
        return _json_value(value)
    return str(value)


def to_json(result: QueryResult) -> str:
    """The answer as a JSON array, one object a line; decimals keep their digits, dates are ISO 8601.

    >>> answer = QueryResult(["sales"], ["DECIMAL(12,2)"], [(Decimal("4.50"),)], is_truncated=False)
    >>> to_json(answer)
    '[\\n{"sales": 4.50}\\n]'
    """
    lines = (_json_object(result.columns, row) for row in result.rows)
    body = ",\n".join(lines)
    return f"[\n{body}\n]" if body else "[]"


def _only_statement(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    statements = con.extract_statements(sql)
    if len(statements) != 1:
        raise QueryError(f"Expected one statement, got {len(statements)}.", "ask one question at a time")
    [statement] = statements
    # Not `explain` either: `explain analyze copy …` would copy.
    if statement.type != duckdb.StatementType.SELECT:
        raise QueryError(
            f"Only reading statements are answered; got one of kind {statement.type.name}. A release never changes.",
            "ask with `select`",
        )
    return statement


def _explain(con: duckdb.DuckDBPyConnection, error: duckdb.Error) -> QueryError:
    """DuckDB's message without the source excerpt; for an unknown table, the nearest published names."""
    message = str(error).partition("\n\nLINE")[0].partition("\n\n")[0]
    if isinstance(error, duckdb.PermissionException):
        return QueryError(f"Queries read the release and nothing else. {message}", _SEE_TABLES)
    missing = _MISSING_TABLE.search(message)
    if not missing:
        return QueryError(" ".join(message.split()), _CORRECT_IT)
    near = _nearest(con, missing[1])
    hint = f" Nearest: {', '.join(near)}." if near else ""
    return QueryError(f"The release has no table {missing[1]}.{hint}", _SEE_TABLES)


def _nearest(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    full_names = dict(con.execute(_TABLES).fetchall())
    bare = name.rpartition(".")[2]
    return [full_names[match] for match in difflib.get_close_matches(bare, full_names, n=3)]


def _json_object(names: list[str], values: tuple[Any, ...]) -> str:
    pairs = (f"{json.dumps(name)}: {_json_value(value)}" for name, value in zip(names, values, strict=True))
    return "{" + ", ".join(pairs) + "}"


def _json_value(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return _json_object([str(key) for key in value], tuple(value.values()))
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_json_value(item) for item in value) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    if value is None or isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(cell_text(value), ensure_ascii=False)
