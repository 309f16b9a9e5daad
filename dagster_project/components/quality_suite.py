"""`QualitySuites`: the suites of one quality gate as one op of asset checks.

One op a gate, because Great Expectations and the connection are then opened once; one check a rule, because a
steward looks for a rule. A failure that stops the run has severity ERROR, every other failure has WARN: a rule
that could not be evaluated and a quarantine rule with too many bad rows stop the run too. The ops downstream do not
start then, so the release of yesterday stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from dagster_project.errors import ConfigurationError
from dagster_project.extract import hold_loads, mark_checked, unchecked_loads
from dagster_project.failpoints import failpoint
from dagster_project.quality import (
    Rule,
    RuleResult,
    Suite,
    changed_dates,
    failing_loads,
    gate_error,
    load_suites,
    quarantine_rows,
    store_results,
    verdict,
    write_overview,
)
from dagster_project.settings import Settings, active_settings
from dagster_project.warehouse import connect, transaction


class QualitySuites(dg.Component, dg.Model, dg.Resolvable):
    """The suites that stand between two stretches of the street.

    Attributes:
        name: Name of the op, for example `check_raw`.
        select: Patterns of the tables to check, for example `raw.*`.
        exclude: Patterns of tables that another gate checks.
    """

    name: str
    select: Sequence[str]
    exclude: Sequence[str] = ()

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:  # noqa: ARG002 - Dagster's signature
        every = load_suites(active_settings())
        suites = [suite for suite in every if self._takes(suite.name)]
        if not suites:
            raise ConfigurationError(
                f"The gate {self.name} selects {', '.join(self.select)} and there is no such suite.",
                "correct `select` in its defs.yaml, or add the suite below expectations/",
            )
        return dg.Definitions(asset_checks=[build_gate(self.name, suites, every)])

    def _takes(self, table: str) -> bool:
        chosen = any(fnmatch(table, pattern) for pattern in self.select)
        return chosen and not any(fnmatch(table, pattern) for pattern in self.exclude)


def build_gate(name: str, suites: Sequence[Suite], every: Sequence[Suite]) -> dg.AssetChecksDefinition:
    """One op that runs the suites and reports each rule as a check of its table.

    Args:
        name: Name of the op.
        suites: The suites of this gate.
        every: All suites of the project, for the front page of the Data Docs.
    """
    specs = [_spec(suite, rule) for suite in suites for rule in suite.rules]

    @dg.multi_asset_check(
        name=name,
        specs=specs,
        description="Great Expectations suites: " + ", ".join(suite.name for suite in suites),
        can_subset=True,
        compute_kind="great_expectations",
        required_resource_keys={"settings", "writer", "run_options"},
        pool="warehouse",
    )
    def gate(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        selected = {key.asset_key for key in context.selected_asset_check_keys}
        chosen = [suite for suite in suites if _asset_key(suite) in selected]
        yield from _run(context, name, chosen, every)

    return gate


def gate_checks(suites: Sequence[Suite]) -> list[dg.AssetCheckKey]:
    """Keys of the checks of some suites, for `assert_gate_open`."""
    return [dg.AssetCheckKey(_asset_key(suite), rule.id) for suite in suites for rule in suite.rules]


def checks_of(patterns: Sequence[str]) -> list[dg.AssetCheckKey]:
    """Keys of the checks of all tables that match one of the patterns, for example `raw.*`."""
    suites = load_suites(active_settings())
    return gate_checks([suite for suite in suites if any(fnmatch(suite.name, pattern) for pattern in patterns)])


def assert_gate_open(instance: dg.DagsterInstance, check_keys: Sequence[dg.AssetCheckKey]) -> None:
    """Refuse to build on tables that a check closed and no later check opened.

    Dagster blocks within a run. A later run that selects only what is downstream would build on the same bad
    rows: an op that must not calls this first.

    Raises:
        dagster.Failure: Names the checks that failed last.
    """
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(check_keys)
    closed = [key for key, record in latest.items() if _failed(record)]
    if closed:
        names = ", ".join(f"{key.asset_key.to_user_string()} {key.name}" for key in closed)
        raise dg.Failure(
            f"A quality gate upstream is closed: {names}. The last release stays published. "
            "Next: deliver corrected files, then `tenure run` for the whole day",
            allow_retries=False,
        )


def _failed(record: Any) -> bool:
    evaluation = record.evaluation if record else None
    # A run that ended before its gate leaves a plan without a result: nothing was found, and nothing was built.
    if not isinstance(evaluation, dg.AssetCheckEvaluation):
        return False
    return not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.ERROR


def _asset_key(suite: Suite) -> dg.AssetKey:
    return dg.AssetKey([suite.schema_name, suite.table])


def _spec(suite: Suite, rule: Rule) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        rule.id,
        asset=_asset_key(suite),
        description=rule.title,
        # A quarantine rule stops the run when its bad rows are too many.
        blocking=rule.on_fail != "report",
        metadata={"owner": suite.owner_of(rule), "dimension": rule.dimension, "severity": rule.severity},
    )


def _run(
    context: dg.AssetCheckExecutionContext, gate: str, suites: Sequence[Suite], every: Sequence[Suite]
) -> Iterator[dg.AssetCheckResult]:
    """Check what is new, keep the results, settle the loads, and close the gate if a result asks for it."""
    # Imports Great Expectations: three seconds that loading the definitions must not cost.
    from dagster_project.quality.runner import run_suites

    settings: Settings = context.resources.settings
    as_of, now = date.fromisoformat(context.partition_key), datetime.now(UTC)
    with connect(settings) as con:
        loads = {suite.name: _unchecked(con, suite) for suite in suites if suite.scope == "loads"}
        dates = {} if context.resources.run_options.full_refresh else _changed(con, suites)
    results = run_suites(
        settings,
        suites,
        run_id=context.run.run_id,
        as_of=as_of,
        now=now,
        load_ids=loads,
        business_dates=dates,
        progress=lambda number, count, name: context.log.debug(f"{number} of {count}: {name}"),
    )
    with connect(settings) as con:
        store_results(con, results)
        failpoint("checks.stored")
        for suite in suites:
            if loads.get(suite.name):
                found = [result for result in results if result.asset == suite.name]
                _settle(con, suite, found, loads[suite.name], as_of=as_of, now=now)
        failpoint("checks.settled")
        page = write_overview(settings, every, con)
    yield from _check_results(context, suites, results, page)
    blocking = verdict(results)
    if blocking:
        error = gate_error(blocking, gate.removeprefix("check_"))
        raise dg.Failure(str(error), allow_retries=False) from error


def _unchecked(con: duckdb.DuckDBPyConnection, suite: Suite) -> list[str]:
    system, extract = suite.table.split("__", 1)
    return list(unchecked_loads(con, system, extract))


def _changed(con: duckdb.DuckDBPyConnection, suites: Sequence[Suite]) -> dict[str, list[date]]:
    """Business dates to check, for the suites that need not look at their whole table."""
    due = {suite.name: changed_dates(con, suite) for suite in suites if suite.scope == "partitions"}
    return {name: dates for name, dates in due.items() if dates is not None}


def _settle(
    con: duckdb.DuckDBPyConnection,
    suite: Suite,
    results: Sequence[RuleResult],
    load_ids: Sequence[str],
    *,
    as_of: date,
    now: datetime,
) -> None:
    """Hold the loads behind a blocking failure, or let the loads of the suite pass without their bad rows."""
    blocking = verdict(results)
    if not blocking:
        with transaction(con):
            quarantine_rows(con, suite, results, load_ids, as_of=as_of, now=now)
            mark_checked(con, load_ids, now)
        failpoint("checks.loads_passed")
        return
    by_reason: dict[str, list[str]] = {}
    for load_id, rules in failing_loads(con, suite, blocking, load_ids, as_of).items():
        by_reason.setdefault(", ".join(rules), []).append(load_id)
    with transaction(con):
        for reason, held in by_reason.items():
            hold_loads(con, held, reason)
    failpoint("checks.loads_held")


def _check_results(
    context: dg.AssetCheckExecutionContext, suites: Sequence[Suite], results: Sequence[RuleResult], page: Path
) -> Iterator[dg.AssetCheckResult]:
    """One evaluation a selected check."""
    found = {result.check_id: result for result in results}
    for suite in suites:
        for rule in suite.rules:
            key = dg.AssetCheckKey(_asset_key(suite), rule.id)
            if key not in context.selected_asset_check_keys:
                continue
            result = found.get(rule.id)
            yield _nothing_new(key) if result is None else _check_result(key, result, page)


def _nothing_new(key: dg.AssetCheckKey) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=True,
        description="Nothing new since it was last checked.",
        metadata={"rows_checked": 0},
    )


def _check_result(key: dg.AssetCheckKey, result: RuleResult, page: Path) -> dg.AssetCheckResult:
    metadata: Mapping[str, Any] = {
        "rows_checked": result.rows_checked,
        "rows_failed": result.rows_failed,
        "observed": result.observed,
        "query": dg.MetadataValue.md(f"```sql\n{result.sample_query}\n```") if result.sample_query else None,
        "owner": result.owner,
        "data_docs": dg.MetadataValue.path(page),
    }
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        # A note is told, it is not a failure.
        passed=result.status == "passed" or result.state == "info",
        severity=dg.AssetCheckSeverity.ERROR if result.is_blocking else dg.AssetCheckSeverity.WARN,
        description=result.title if result.status == "passed" else f"{result.title}: {result.status}",
        metadata={key: value for key, value in metadata.items() if value is not None},
    )
