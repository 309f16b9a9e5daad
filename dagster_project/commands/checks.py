"""`tenure check`: the latest result of every check, by suite, and how to see the rows behind a failure."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import duckdb

from dagster_project.commands.state import books
from dagster_project.commands.terminal import amount, note, out, say, table
from dagster_project.errors import ConfigurationError, NotPublishedError, QualityGateError
from dagster_project.quality.pages import docs_folder
from dagster_project.quality.sql import constant
from dagster_project.settings import Settings

# A suite runs where there is something new: its latest run that looked at rows counts, not the job's last.
_LATEST: Final = """
    with suite_runs as (
        select asset, suite, engine, run_id,
            row_number() over (
                partition by asset, suite, engine
                order by coalesce(sum(rows_checked), 0) > 0 desc, max(checked_at) desc, run_id desc
            ) as recency
        from ops.check_results group by asset, suite, engine, run_id
    )
    select results.*
    from ops.check_results as results
    join suite_runs
        on suite_runs.asset = results.asset and suite_runs.suite is not distinct from results.suite
        and suite_runs.engine = results.engine and suite_runs.run_id = results.run_id
    where suite_runs.recency = 1
"""
_SUITES: Final = f"""
    select
        coalesce(suite, asset) as suite_name, any_value(engine), count(*), count_if(status = 'passed'),
        count_if(status <> 'passed' and severity = 'critical'),
        count_if(status <> 'passed' and severity = 'warning'),
        count_if(status <> 'passed' and severity not in ('critical', 'warning')),
        max(as_of_on), strftime(max(checked_at), '%Y-%m-%d %H:%M')
    from ({_LATEST}) group by suite_name order by suite_name
"""
_FAILING: Final = f"""
    select asset, check_id, severity, on_fail, status, rows_failed, rows_checked, sample_query
    from ({_LATEST}) where status <> 'passed'
    order by on_fail = 'block' desc, severity, asset, check_id
"""
_SUITE_COLUMNS: Final = (
    "suite",
    "engine",
    "checks",
    "passed",
    "critical",
    "warning",
    "info",
    "as of",
    "checked at (UTC)",
)
_NUMBERS: Final = frozenset({"checks", "passed", "critical", "warning", "info", "rows failed", "rows checked"})
_SAMPLE_ROWS: Final = 20


class Failure(NamedTuple):
    """A check whose latest result is not `passed`."""

    asset: str
    check_id: str
    severity: str
    on_fail: str
    status: str
    rows_failed: int | None
    rows_checked: int | None
    sample_query: str | None

    @property
    def is_blocking(self) -> bool:
        return self.on_fail == "block" and self.severity == "critical"


def show_checks(settings: Settings) -> None:
    """Print the latest results.

    Raises:
        NotPublishedError: nothing was checked yet.
        QualityGateError: a blocking check fails.
    """
    with books(settings) as (con, is_live):
        suites = con.execute(_SUITES).fetchall()
        failures = [Failure(*row) for row in con.execute(_FAILING).fetchall()]
    if not suites:
        raise NotPublishedError("Nothing has been checked yet.", "`tenure run`")
    if not is_live:
        note("A run is writing: these are the results of the last release.")
    out().print(table(_SUITE_COLUMNS, suites, right=_NUMBERS))
    _print_failures(failures)
    pages = docs_folder(settings.gx) / "index.html"
    if pages.exists():
        say(f"\nEvery table with its rules and latest results: {pages}")
    blocking = [failure.check_id for failure in failures if failure.is_blocking]
    if blocking:
        raise QualityGateError(
            f"{amount(len(blocking), 'blocking check')} failed: {', '.join(blocking)}. The release stays.",
            f"`tenure check --rows {blocking[0]}`; then deliver corrected files and `tenure run`",
        )


def _print_failures(failures: list[Failure]) -> None:
    if not failures:
        say("\nEvery check passed.")
        return
    say("\nNot passed")
    columns = ("asset", "check", "severity", "on failure", "status", "rows failed", "rows checked")
    out().print(table(columns, [failure[:7] for failure in failures], right=_NUMBERS))
    queries = [(failure.check_id, failure.sample_query) for failure in failures if failure.sample_query]
    if queries:
        say("\nThe rows behind them: `tenure check --rows CHECK` runs the query on the private build")
        for check_id, query in queries:
            say(f"{check_id}:\n  {' '.join(query.split())}")


def show_failing_rows(settings: Settings, check_id: str) -> None:
    """Print rows that fail a check, from the private build, where they are although no release holds them.

    Raises:
        ConfigurationError: no check of that name fails, or it is not about single rows.
        WarehouseBusyError: a run is writing.
    """
    with books(settings, release_will_do=False) as (con, _):
        failures = [Failure(*row) for row in con.execute(_FAILING).fetchall()]
        queries = [failure.sample_query for failure in failures if failure.check_id == check_id]
        if not queries or not queries[0]:
            raise ConfigurationError(
                f"No failing check '{check_id}' has rows to show.", "`tenure check` lists those that fail"
            )
        _find_tables_of_both_files(con)
        answer = con.execute(queries[0])
        columns = [column[0] for column in answer.description or []]
        rows = answer.fetchmany(_SAMPLE_ROWS)
    out().print(table(columns, (map(_plain, row) for row in rows)))


def _find_tables_of_both_files(con: duckdb.DuckDBPyConnection) -> None:
    """Queries of checks say `marts.dim_customers`, without the catalog, so that they hold in a release too."""
    [(path,)] = con.execute(
        "select string_agg('warehouse.' || schema_name, ',' order by schema_name)"
        " from duckdb_schemas() where database_name = 'warehouse' and not internal"
    ).fetchall()
    con.execute("set search_path = " + constant(f"lake.main,{path}" if path else "lake.main"))


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)
