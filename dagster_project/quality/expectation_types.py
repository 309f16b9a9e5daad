"""The expectation types a suite may use: their arguments, the columns they read and their bad-row predicate.

A *row* type has a predicate: SQL over the table's own columns that is true for a bad row and never null. GX
counts those rows; the predicate finds them again (sample query, quarantine). Both come from the same rule, and
a contract test holds their counts equal. A *table* type judges the table as a whole and has no bad rows.

Only types whose result is a count or a single figure are in the list: no result can carry the values of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from dagster_project.quality.sql import constant, constants, identifier, table_name

Arguments = Mapping[str, Any]

_PAIR: Final = frozenset({"column_A", "column_B"})
_RANGE: Final = frozenset({"min_value", "max_value", "strict_min", "strict_max"})


@dataclass(frozen=True)
class ExpectationType:
    """What a rule of this type may and must say, and what it means in SQL.

    Attributes:
        required: Arguments that must be given.
        optional: Arguments that may be given; `mostly` is the share of rows that must pass.
        bad_row: Builds the predicate of a bad row from the arguments; `None` for a table type.
        is_windowed: The predicate needs `qualify` instead of `where`.
        is_ours: Written in `gx_rules.py`; the others are Great Expectations' own.
    """

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    bad_row: Callable[[Arguments], str] | None = None
    is_windowed: bool = False
    is_ours: bool = False

    @property
    def is_row_type(self) -> bool:
        return self.bad_row is not None

    @property
    def shows_figure(self) -> bool:
        """Its result states a figure of the column (a minimum, a mean): not for personal data."""
        return not self.is_row_type and "column" in self.required


def columns_of(arguments: Arguments) -> tuple[str, ...]:
    """Columns of the rule's own table that its arguments name."""
    named = [arguments[key] for key in ("column", "column_A", "column_B") if key in arguments]
    return (*named, *arguments.get("columns", ()), *arguments.get("keep_first_by", ()))


def all_present(columns: Iterable[str]) -> str:
    """SQL: none of the columns is null."""
    return " and ".join(f"{identifier(column)} is not null" for column in columns)


def _outside(value: str, arguments: Arguments) -> str:
    """SQL: the value is outside the range that the arguments describe."""
    sides: list[str] = []
    if arguments.get("min_value") is not None:
        sides.append(f"{value} {'<=' if arguments.get('strict_min') else '<'} {constant(arguments['min_value'])}")
    if arguments.get("max_value") is not None:
        sides.append(f"{value} {'>=' if arguments.get('strict_max') else '>'} {constant(arguments['max_value'])}")
    return "(" + " or ".join(sides) + ")"


def _null(arguments: Arguments) -> str:
    return f"{identifier(arguments['column'])} is null"


def _not_in_set(arguments: Arguments) -> str:
    return f"{identifier(arguments['column'])} not in {constants(arguments['value_set'])}"


def _in_set(arguments: Arguments) -> str:
    return f"{identifier(arguments['column'])} in {constants(arguments['value_set'])}"


def _out_of_range(arguments: Arguments) -> str:
    return _outside(identifier(arguments["column"]), arguments)


def _length_out_of_range(arguments: Arguments) -> str:
    return _outside(f"length({identifier(arguments['column'])})", arguments)


def _no_match(arguments: Arguments) -> str:
    return f"not regexp_matches({identifier(arguments['column'])}, {constant(arguments['regex'])})"


def _match(arguments: Arguments) -> str:
    return f"regexp_matches({identifier(arguments['column'])}, {constant(arguments['regex'])})"


def _not_greater(arguments: Arguments) -> str:
    operator = "<" if arguments.get("or_equal") else "<="
    return f"{identifier(arguments['column_A'])} {operator} {identifier(arguments['column_B'])}"


def _not_equal(arguments: Arguments) -> str:
    return f"{identifier(arguments['column_A'])} <> {identifier(arguments['column_B'])}"


def _unsatisfied(arguments: Arguments) -> str:
    return f"not ({arguments['condition']})"


def _missing_reference(arguments: Arguments) -> str:
    column, target = identifier(arguments["column"]), identifier(arguments["to_column"])
    # Without its own null filter the list would make `not in` null, and no row would ever be bad.
    referenced = f"select {target} from {table_name(arguments['to_table'])} where {target} is not null"
    return f"{column} is not null and {column} not in ({referenced})"


def _repeated_key(arguments: Arguments) -> str:
    """SQL (window): every row of a key but its first. Rows with a null in the key have no key."""
    keys = ", ".join(identifier(column) for column in arguments["columns"])
    order = ", ".join(identifier(column) for column in arguments.get("keep_first_by", arguments["columns"]))
    present = all_present(arguments["columns"])
    return f"{present} and row_number() over (partition by {keys} order by {order}) > 1"


def _row(
    required: Iterable[str],
    bad_row: Callable[[Arguments], str],
    optional: Iterable[str] = (),
    *,
    is_windowed: bool = False,
    is_ours: bool = False,
) -> ExpectationType:
    return ExpectationType(
        frozenset(required), frozenset(optional) | {"mostly"}, bad_row, is_windowed=is_windowed, is_ours=is_ours
    )


def _figure(*required: str) -> ExpectationType:
    return ExpectationType(frozenset(required), _RANGE)


EXPECTATION_TYPES: Final[Mapping[str, ExpectationType]] = MappingProxyType(
    {
        "expect_column_values_to_not_be_null": _row(["column"], _null),
        "expect_column_values_to_be_in_set": _row(["column", "value_set"], _not_in_set),
        "expect_column_values_to_not_be_in_set": _row(["column", "value_set"], _in_set),
        "expect_column_values_to_be_between": _row(["column"], _out_of_range, _RANGE),
        "expect_column_value_lengths_to_be_between": _row(["column"], _length_out_of_range, _RANGE),
        "expect_column_values_to_match_regex": _row(["column", "regex"], _no_match),
        "expect_column_values_to_not_match_regex": _row(["column", "regex"], _match),
        "expect_column_pair_values_a_to_be_greater_than_b": _row(_PAIR, _not_greater, ["or_equal"]),
        "expect_column_pair_values_to_be_equal": _row(_PAIR, _not_equal),
        "expect_rows_to_satisfy": _row(["condition"], _unsatisfied, is_ours=True),
        "expect_reference_to_exist": _row(["column", "to_table", "to_column"], _missing_reference, is_ours=True),
        "expect_key_to_be_unique": _row(
            ["columns"], _repeated_key, ["keep_first_by", "slice_by"], is_windowed=True, is_ours=True
        ),
        "expect_query_to_return_no_rows": ExpectationType(frozenset({"query"}), is_ours=True),
        "expect_table_row_count_to_be_between": ExpectationType(frozenset(), frozenset({"min_value", "max_value"})),
        "expect_column_unique_value_count_to_be_between": _figure("column"),
        "expect_column_min_to_be_between": _figure("column"),
        "expect_column_max_to_be_between": _figure("column"),
        "expect_column_mean_to_be_between": _figure("column"),
        "expect_column_sum_to_be_between": _figure("column"),
    }
)
