"""Results of rules: what a run found, where it is kept and what it means for the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import duckdb
import pyarrow as pa

from dagster_project.errors import QualityGateError
from dagster_project.warehouse import transaction

Status = Literal["passed", "failed", "error"]


@dataclass(frozen=True)
class RuleResult:
    """One rule in one run.

    `severity` and `on_fail` are what counts for this run: a rule that could not be evaluated is critical and
    blocks whatever its file says, and so does a quarantine rule with more bad rows than its suite allows.

    Attributes:
        asset: `schema.table`.
        check_id: Id of the rule.
        rows_checked: Rows that the rule looked at; `None` for a rule about the whole table.
        rows_failed: Bad rows; for `expect_query_to_return_no_rows`, the rows that the query found.
        observed: The figure of a table rule, or the message of an error; never a value of a row.
        sample_query: SQL that returns bad rows.
    """

    run_id: str
    as_of: date
    asset: str
    check_id: str
    title: str
    dimension: str
    severity: str
    on_fail: str
    status: Status
    rows_checked: int | None
    rows_failed: int | None
    observed: str | None
    sample_query: str | None
    owner: str
    capability: str | None
    checked_at: datetime

    @property
    def state(self) -> str:
        """`passed`, or how bad it is: `error`, `critical`, `warning`, `info`."""
        return self.severity if self.status == "failed" else self.status

    @property
    def is_blocking(self) -> bool:
        """Whether this result stops the run."""
        return self.status != "passed" and self.severity == "critical" and self.on_fail == "block"


def verdict(results: Iterable[RuleResult]) -> list[RuleResult]:
    """The results that stop the run; empty when the gate is open."""
    return [result for result in results if result.is_blocking]


def gate_error(blocking: Sequence[RuleResult], gate: str) -> QualityGateError:
    """The verdict as one plain paragraph."""
    found = "; ".join(_in_words(result) for result in blocking)
    return QualityGateError(
        f"The {gate} quality gate is closed: {found}. The last release stays published.",
        "`tenure check` shows the queries that return these rows; deliver corrected files, then `tenure run`",
    )


def _in_words(result: RuleResult) -> str:
    rule = f"{result.asset}: {result.title[0].lower()}{result.title[1:]} ({result.check_id})"
    if result.status == "error":
        return f"{rule} could not be evaluated: {result.observed}"
    if result.rows_checked is not None:
        return f"{rule} fails for {result.rows_failed:,} of {result.rows_checked:,} rows"
    return f"{rule} fails" + (f", found {result.observed}" if result.observed else "")


def store_results(con: duckdb.DuckDBPyConnection, results: Sequence[RuleResult]) -> int:
    """Write results to `ops.check_results`; storing a run's results again replaces them.

    Args:
        con: Writable connection whose default catalog holds `ops`.
        results: Results of one or more runs.

    Returns:
        Number of results written.
    """
    if not results:
        return 0
    new_results = pa.Table.from_pylist([_row(result) for result in results], schema=_SCHEMA)
    con.register("new_results", new_results)
    try:
        with transaction(con):
            con.execute("""
                delete from ops.check_results as old using new_results as new
                where old.run_id = new.run_id and old.asset = new.asset and old.check_id = new.check_id
            """)
            con.execute("insert into ops.check_results by name select * from new_results")
    finally:
        con.unregister("new_results")
    return len(results)


def store_own_result(
    con: duckdb.DuckDBPyConnection,
    *,
    run_id: str,
    as_of: date,
    now: datetime,
    asset: str,
    check_id: str,
    severity: str,
    found: Sequence[str],
) -> None:
    """Keep the result of a check that is neither a suite's nor dbt's: `found` says in words what is wrong."""
    con.execute("delete from ops.check_results where run_id = ? and check_id = ?", [run_id, check_id])
    con.execute(
        """
        insert into ops.check_results by name
        select $run_id as run_id, $as_of::date as as_of_on, $asset as asset, $check_id as check_id,
            'dagster' as engine, 'accuracy' as dimension, $severity as severity, 'report' as on_fail,
            $status as status, $observed as observed, 'team:data-platform' as owner, 'SRC-14' as capability,
            $now::timestamp as checked_at
        """,
        {
            "run_id": run_id,
            "as_of": as_of,
            "asset": asset,
            "check_id": check_id,
            "severity": severity,
            "status": "failed" if found else "passed",
            "observed": "; ".join(found[:5]) or None,
            "now": now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now,
        },
    )


_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("as_of_on", pa.date32()),
        ("asset", pa.string()),
        ("suite", pa.string()),
        ("check_id", pa.string()),
        ("engine", pa.string()),
        ("dimension", pa.string()),
        ("severity", pa.string()),
        ("on_fail", pa.string()),
        ("status", pa.string()),
        ("rows_checked", pa.int64()),
        ("rows_failed", pa.int64()),
        ("observed", pa.string()),
        ("sample_query", pa.string()),
        ("owner", pa.string()),
        ("capability", pa.string()),
        ("checked_at", pa.timestamp("us")),
    ]
)


def _row(result: RuleResult) -> dict[str, object]:
    checked_at = result.checked_at
    return {
        "run_id": result.run_id,
        "as_of_on": result.as_of,
        "asset": result.asset,
        "suite": result.asset,
        "check_id": result.check_id,
        "engine": "great_expectations",
        "dimension": result.dimension,
        "severity": result.severity,
        "on_fail": result.on_fail,
        "status": result.status,
        "rows_checked": result.rows_checked,
        "rows_failed": result.rows_failed,
        "observed": result.observed,
        "sample_query": result.sample_query,
        "owner": result.owner,
        "capability": result.capability,
        # Stored times are UTC without a zone.
        "checked_at": checked_at.astimezone(UTC).replace(tzinfo=None) if checked_at.tzinfo else checked_at,
    }
