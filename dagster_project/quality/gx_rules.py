"""Four expectations that Great Expectations lacks or computes at a high price, written for GX.

- `expect_rows_to_satisfy`: a condition over the columns of a row, counted in the same scan as GX's own rules
  (GX's pair and multi-column rules take a scan each).
- `expect_reference_to_exist`: foreign key, by an anti join.
- `expect_key_to_be_unique`: by grouping, slice by slice of a column of the key. GX's own compound uniqueness counts
  over a window, which keeps every row. It counts the rows *beyond the first* of each key: those that have to go.
- `expect_query_to_return_no_rows`: anything else, as SQL.

Importing this module registers them with GX.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import sqlalchemy as sa
from great_expectations.compatibility import pydantic
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.expectations.row_conditions import RowConditionType

from dagster_project.quality.expectation_types import EXPECTATION_TYPES, all_present
from dagster_project.quality.sql import constant, identifier

_DOMAIN: Final = ("batch_id", "row_condition", "condition_parser")

# Rows whose keys are grouped at once. The hash table of this many fits the processor's cache: 15 M rows in such
# slices cost 1.5 CPU seconds, in one piece 4, and 73 M in one piece would spill to disk.
_SLICE_ROWS: Final = 250_000
_ALL: Final[sa.ColumnElement[bool]] = sa.true()


class _UnsatisfiedRows(TableMetricProvider):
    metric_name = "tenure.unsatisfied_rows"
    value_keys = ("condition",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,  # noqa: N805 - GX turns the method into a class method
        execution_engine: SqlAlchemyExecutionEngine,  # noqa: ARG002 - GX calls by keyword
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        bad_row = _bad_row("expect_rows_to_satisfy", metric_value_kwargs)
        # DuckDB's count_if of no rows is null.
        return sa.func.coalesce(sa.func.count_if(bad_row), 0), metric_domain_kwargs, {}


class _MissingReferences(TableMetricProvider):
    metric_name = "tenure.missing_references"
    value_keys = ("column", "to_table", "to_column")

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> int:
        rows = _rows(execution_engine, metric_domain_kwargs)
        bad_row = _bad_row("expect_reference_to_exist", metric_value_kwargs)
        return _single(execution_engine, sa.select(sa.func.count()).select_from(rows).where(bad_row))


class _RepeatedKeys(TableMetricProvider):
    metric_name = "tenure.repeated_keys"
    value_keys = ("columns", "slice_by")

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> int:
        columns, slice_by = metric_value_kwargs["columns"], metric_value_kwargs.get("slice_by")
        rows = _rows(execution_engine, metric_domain_kwargs)
        slices = [_ALL] if slice_by is None else _slices(execution_engine, rows, slice_by)
        return sum(_single(execution_engine, _surplus(rows, columns, part)) for part in slices)


def _surplus(rows: sa.FromClause, columns: list[str], part: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Rows beyond the first of each key."""
    keys: list[sa.ColumnElement[Any]] = [sa.literal_column(identifier(column)) for column in columns]
    present: sa.ColumnElement[bool] = sa.literal_column(all_present(columns))
    groups = sa.select(sa.func.count().label("size")).select_from(rows).where(present, part).group_by(*keys).subquery()
    return sa.select(sa.func.coalesce(sa.func.sum(groups.c.size - 1), 0))


def _slices(engine: SqlAlchemyExecutionEngine, rows: sa.FromClause, column: str) -> list[sa.ColumnElement[bool]]:
    """Conditions that cut the rows into ranges of the column with about `_SLICE_ROWS` rows each."""
    value: sa.ColumnElement[Any] = sa.literal_column(identifier(column))
    sizes = engine.execute_query(
        sa.select(value, sa.func.count()).select_from(rows).where(value.is_not(None)).group_by(value).order_by(value)
    ).fetchall()
    ranges: list[tuple[Any, Any, int]] = []
    for at, size in sizes:
        if ranges and ranges[-1][2] + size <= _SLICE_ROWS:
            ranges[-1] = (ranges[-1][0], at, ranges[-1][2] + size)
        else:
            ranges.append((at, at, size))
    name = identifier(column)
    return [sa.literal_column(f"{name} between {constant(low)} and {constant(high)}") for low, high, _ in ranges]


class _ReturnedRows(TableMetricProvider):
    metric_name = "tenure.returned_rows"
    value_keys = ("query",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],  # noqa: ARG002
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> int:
        query = sa.text(metric_value_kwargs["query"]).columns().subquery()
        return _single(execution_engine, sa.select(sa.func.count()).select_from(query))


def _bad_row(expectation_type: str, arguments: dict[str, Any]) -> sa.ColumnElement[Any]:
    """The predicate that quarantine and sample queries use."""
    build = EXPECTATION_TYPES[expectation_type].bad_row
    assert build is not None  # only row types are looked up here
    return sa.literal_column(f"({build(arguments)})")


def _rows(engine: SqlAlchemyExecutionEngine, domain: dict[str, Any]) -> sa.FromClause:
    """The checked rows, with the rule's row condition applied."""
    records: Any = engine.get_domain_records(domain)
    return records.subquery() if isinstance(records, sa.Select) else records


def _single(engine: SqlAlchemyExecutionEngine, query: sa.Select[Any]) -> int:
    row = engine.execute_query(query).fetchone()
    assert row is not None  # an aggregate without groups always has one row
    return int(row[0])


class _CountedRows(BatchExpectation):
    """Base: success when the share of rows without a fault is at least `mostly`."""

    mostly: float = 1
    row_condition: RowConditionType = None
    condition_parser: str | None = None

    domain_keys: ClassVar[tuple[str, ...]] = _DOMAIN
    counted: ClassVar[str]

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - GX's signature
        execution_engine: Any = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        rows, bad = int(metrics["table.row_count"]), int(metrics[self.counted])
        share = bad / rows if rows else 0.0
        return {
            "success": bad == 0 or 1 - share >= self.mostly,
            "result": {"element_count": rows, "unexpected_count": bad, "unexpected_percent": 100 * share},
        }


class ExpectRowsToSatisfy(_CountedRows):
    """A condition holds in every row. As in a CHECK constraint, a condition that is null is not broken."""

    condition: str

    counted = _UnsatisfiedRows.metric_name
    metric_dependencies = ("table.row_count", _UnsatisfiedRows.metric_name)
    success_keys = ("condition", "mostly")


class ExpectReferenceToExist(_CountedRows):
    """Every value of a column is in a column of another table. Null refers to nothing."""

    column: str
    to_table: str
    to_column: str

    counted = _MissingReferences.metric_name
    metric_dependencies = ("table.row_count", _MissingReferences.metric_name)
    success_keys = ("column", "to_table", "to_column", "mostly")


class ExpectKeyToBeUnique(_CountedRows):
    """No key comes twice. Counts the rows beyond the first of each key; a key with a null in it is none."""

    columns: list[str] = pydantic.Field(min_items=1)
    keep_first_by: list[str] | None = None
    slice_by: str | None = None

    counted = _RepeatedKeys.metric_name
    metric_dependencies = ("table.row_count", _RepeatedKeys.metric_name)
    success_keys = ("columns", "keep_first_by", "slice_by", "mostly")


class ExpectQueryToReturnNoRows(BatchExpectation):
    """A query finds nothing. Its count of rows is the result."""

    query: str

    metric_dependencies = (_ReturnedRows.metric_name,)
    success_keys = ("query",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - GX's signature
        execution_engine: Any = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        found = int(metrics[_ReturnedRows.metric_name])
        return {"success": found == 0, "result": {"observed_value": found}}
