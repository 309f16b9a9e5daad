"""Great Expectations on a DuckDB connection of ours: the execution engine and the datasource.

GX has no DuckDB support, and its generic SQL datasource fails on it: the pool's rollback drops a pending result
before GX has read it, and no regular expression is known for the dialect. Here SQLAlchemy is put around the
connection that the rest of the project uses (`dagster_project.warehouse.connect`), so that memory limit, spill
folder and attached files are the same everywhere, and closing that connection closes the files.

Importing this module registers the datasource type with GX (`context.data_sources.add_duckdb`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, Final, Literal, cast

import duckdb
import sqlalchemy as sa
from duckdb_sqlalchemy import ConnectionWrapper
from great_expectations.compatibility import pydantic
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.validator.metric_configuration import MetricConfiguration

# GX looks up its SQL for regular expressions by probing this object. The name "DremioDialect" selects
# REGEXP_MATCHES(column, pattern), which in DuckDB is the partial match that GX means. A PostgreSQL-like object
# would select `~`: in DuckDB a match of the whole value, so the counts would be wrong without any error.
_DIALECT: Final = SimpleNamespace(DremioDialect=True, __name__="duckdb")

# Metrics whose only use is to show the values of bad rows.
_VALUES_OF_ROWS: Final = ".unexpected_values"

# DuckDB quotes the offending value in these errors; it may be personal data.
_VALUE_ERRORS: Final = (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException)
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Runs the metrics of GX on one DuckDB connection, and never reads a value of a row.

    Attributes:
        query_count: Queries sent to DuckDB so far.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dialect_module = cast(Any, _DIALECT)
        self.query_count = 0

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[MetricConfiguration],
        metrics: dict[Any, Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """Count bad rows, do not fetch them: one query a rule less, and no personal data in any result."""
        wanted = list(metrics_to_resolve)
        counted = [metric for metric in wanted if not metric.metric_name.endswith(_VALUES_OF_ROWS)]
        unread: dict[Any, Any] = {metric.id: [] for metric in wanted if metric not in counted}
        if counted:
            unread.update(super().resolve_metrics(counted, metrics, runtime_configuration))
        return unread

    def execute_query(self, query: Any) -> Any:
        """Run a query; an error keeps what it says about the schema and loses the values it quotes."""
        self.query_count += 1
        try:
            return super().execute_query(query)
        except sa.exc.DBAPIError as error:
            raise RuntimeError(masked(error.orig)) from None


def masked(error: BaseException | None) -> str:
    """First line of an error of DuckDB, without quoted values where it quotes values.

    >>> masked(duckdb.ConversionException("Conversion Error: Could not convert string 'Jane' to INT32"))
    'Conversion Error: Could not convert string … to INT32'
    """
    first_line = (str(error).splitlines() or [""])[0]
    return _QUOTED.sub("…", first_line) if isinstance(error, _VALUE_ERRORS) else first_line


class DuckDBDatasource(SQLDatasource):
    """The connection as a GX datasource. GX must neither open nor close anything."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment] # GX finds the type's name in this literal

    _duckdb: DuckDBExecutionEngine | None = pydantic.PrivateAttr(None)

    def use(self, con: duckdb.DuckDBPyConnection) -> DuckDBExecutionEngine:
        """Put the connection to use; it stays the caller's to close."""
        engine = sa.create_engine(
            "duckdb://",
            creator=lambda: ConnectionWrapper(con),
            poolclass=sa.pool.StaticPool,
            # Without transactions a rule that fails cannot abort the rules after it, and with no reset on return
            # the result of a query outlives the moment GX gives the connection back, which is before it reads it.
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            pool_reset_on_return=None,
        )
        self._duckdb = DuckDBExecutionEngine(engine=engine, create_temp_table=False)
        return self._duckdb

    def get_execution_engine(self) -> SqlAlchemyExecutionEngine:
        if self._duckdb is None:
            raise RuntimeError("DuckDBDatasource: call use(connection) before validating")
        return self._duckdb

    def test_connection(self, test_assets: bool = True) -> None:
        """Nothing to test: the connection is open, and a missing table is the failure of its own suite."""
