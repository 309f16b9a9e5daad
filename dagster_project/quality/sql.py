"""Identifiers and constants as DuckDB SQL text: the one place where rule values become SQL.

A failing rule is shown to people together with a query they can run, so its SQL has to be text with the
values in it, not a statement with parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

Constant = str | bool | int | float | Decimal | date | None


def identifier(name: str) -> str:
    """A quoted name.

    >>> identifier("order line")
    '"order line"'
    """
    return '"' + name.replace('"', '""') + '"'


def table_name(dotted: str) -> str:
    """A quoted `schema.table`.

    >>> table_name("raw.pos__transactions")
    '"raw"."pos__transactions"'
    """
    return ".".join(identifier(part) for part in dotted.split("."))


def constant(value: Constant) -> str:
    """A value as an SQL constant of its own type.

    >>> constant("O'Neil"), constant(date(2017, 1, 1)), constant(True), constant(None)
    ("'O''Neil'", "date '2017-01-01'", 'true', 'null')
    """
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float() | Decimal():
            return str(value)
        case datetime():
            return f"timestamp '{value.isoformat(sep=' ')}'"
        case date():
            return f"date '{value.isoformat()}'"
        case _:
            return "'" + value.replace("'", "''") + "'"


def constants(values: Iterable[Constant]) -> str:
    """A parenthesised list of constants.

    >>> constants([1, "a"])
    "(1, 'a')"
    """
    return "(" + ", ".join(constant(value) for value in values) + ")"
