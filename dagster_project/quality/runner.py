"""Run suites with Great Expectations inside the warehouse.

One read-only connection and one GX context a call; both are gone when the call returns, so that the next step of
the process can open the files for writing. Importing this module imports Great Expectations (3 CPU seconds), so
it is imported where suites are run, not where they are declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig
from great_expectations.exceptions.exceptions import GreatExpectationsError

from dagster_project.quality.evidence import run_name, write_evidence
from dagster_project.quality.gx_engine import DuckDBDatasource
from dagster_project.quality.gx_suite import gx_suite, rule_results
from dagster_project.quality.results import RuleResult
from dagster_project.quality.scope import CheckedRows, dates_of, loads_of, whole_table
from dagster_project.quality.sql import constant
from dagster_project.quality.suites import Suite
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

Progress = Callable[[int, int, str], None]

# Counts only: no value of a row may reach a result file or a page.
_RESULT_FORMAT: Final = {"result_format": "BASIC", "exclude_unexpected_values": True}


@dataclass(frozen=True)
class _Run:
    """What every suite of one call shares."""

    context: EphemeralDataContext
    datasource: DuckDBDatasource
    run_id: str
    as_of: date
    now: datetime


def run_suites(
    settings: Settings,
    suites: Sequence[Suite],
    *,
    run_id: str,
    as_of: date,
    now: datetime,
    load_ids: Mapping[str, Sequence[str]] | None = None,
    business_dates: Mapping[str, Sequence[date]] | None = None,
    progress: Progress | None = None,
) -> list[RuleResult]:
    """Run suites and write their evidence (result JSON and Data Docs page) below `settings.gx`.

    Args:
        settings: Where the warehouse is; it is opened read-only and closed again.
        suites: What to run.
        run_id: The run that the results belong to.
        as_of: Business date of the run; what `{as_of}` in a rule stands for.
        now: When the run checks, for the results.
        load_ids: Loads to check, by asset, for suites of `scope: loads`; an empty list leaves the suite out.
        business_dates: Dates to check, by asset, for suites of `scope: partitions`; likewise.
        progress: Called before each suite with its number, the number of suites and its name.

    Returns:
        One result a rule. An asset that is in neither mapping is checked as a whole. A rule that cannot be
        evaluated, also because its table is missing, has status `error`.
    """
    chosen = [suite for suite in suites if _asked(suite, load_ids, business_dates) != []]
    results: list[RuleResult] = []
    with connect(settings, read_only=True) as con:
        _resolve_short_names(con)
        context = _context(settings.gx)
        # GX adds the method when gx_engine is imported, and never opens the address: see DuckDBDatasource.
        datasource: DuckDBDatasource = context.data_sources.add_duckdb("warehouse", connection_string="duckdb://")
        datasource.use(con)
        run = _Run(context, datasource, run_id, as_of, now)
        for number, suite in enumerate(chosen, start=1):
            if progress is not None:
                progress(number, len(chosen), suite.name)
            rows = _checked_rows(con, suite, _asked(suite, load_ids, business_dates))
            validated = _validate(run, suite, rows)
            found = rule_results(suite, validated, rows, run_id=run_id, as_of=as_of, now=now)
            write_evidence(settings.gx, suite, rows, found, validated)
            results += found
    return results


def _validate(run: _Run, suite: Suite, rows: CheckedRows) -> ExpectationSuiteValidationResult | Exception:
    """GX's result, or why there is none."""
    asset = run.datasource.add_query_asset(suite.name, query=rows.select)
    definition = gx.ValidationDefinition(
        name=suite.name,
        data=asset.add_batch_definition_whole_table("checked rows"),
        suite=run.context.suites.add(gx_suite(suite, rows, run.as_of)),
    )
    run.context.validation_definitions.add(definition)
    try:
        return definition.run(
            result_format=_RESULT_FORMAT, run_id=RunIdentifier(run_name=run_name(run.run_id, run.now), run_time=run.now)
        )
    except (GreatExpectationsError, duckdb.Error, RuntimeError) as error:
        return error


def _asked(
    suite: Suite, load_ids: Mapping[str, Sequence[str]] | None, business_dates: Mapping[str, Sequence[date]] | None
) -> list[Any] | None:
    """Loads or dates that the caller names for the suite; `None` for the whole table."""
    by_asset: Mapping[str, Sequence[Any]] = {}
    if suite.scope == "loads":
        by_asset = load_ids or {}
    elif suite.scope == "partitions":
        by_asset = business_dates or {}
    return list(by_asset[suite.name]) if suite.name in by_asset else None


def _checked_rows(con: duckdb.DuckDBPyConnection, suite: Suite, asked: list[Any] | None) -> CheckedRows:
    if asked is None:
        return whole_table(suite.name)
    return loads_of(con, suite, asked) if suite.scope == "loads" else dates_of(suite, asked)


def _resolve_short_names(con: duckdb.DuckDBPyConnection) -> None:
    """Let rules say `marts.dim_customers`: the name that also holds in a release, where the catalog differs.

    Not so `ops`: in the warehouse file that is the copy of the last release, behind the ledger.
    """
    schemas = con.execute(
        "select schema_name from duckdb_schemas()"
        " where database_name = 'warehouse' and not internal and schema_name <> 'ops' order by all"
    ).fetchall()
    path = ",".join(["lake.main", *(f"warehouse.{schema}" for (schema,) in schemas)])
    con.execute(f"set search_path = {constant(path)}")


def _context(folder: Path) -> EphemeralDataContext:
    """GX as a library: only results touch the disk."""
    in_memory = {"class_name": "InMemoryStoreBackend"}
    results = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder / "validations")}
    config = DataContextConfig(
        config_version=4.0,
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
        stores={
            "expectations": {"class_name": "ExpectationsStore", "store_backend": in_memory},
            "checkpoints": {"class_name": "CheckpointStore", "store_backend": in_memory},
            "validation_definition_store": {"class_name": "ValidationDefinitionStore", "store_backend": in_memory},
            "validations": {"class_name": "ValidationResultsStore", "store_backend": results},
        },
        expectations_store_name="expectations",
        checkpoint_store_name="checkpoints",
        validation_results_store_name="validations",
        data_docs_sites={},
    )
    return gx.get_context(mode="ephemeral", project_config=config)
