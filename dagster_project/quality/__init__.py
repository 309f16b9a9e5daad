"""Data quality: suites of rules that stewards keep as YAML, run by Great Expectations inside the warehouse.

Free of Dagster. `expectations/README.md` tells what a suite may say. `run_suites` lives in
`dagster_project.quality.runner` and is not imported here: it imports Great Expectations, which costs three seconds
that only a run should pay.
"""

from dagster_project.quality.changes import changed_dates
from dagster_project.quality.overview import write_overview
from dagster_project.quality.quarantine import failing_loads, quarantine_rows
from dagster_project.quality.results import RuleResult, gate_error, store_results, verdict
from dagster_project.quality.suites import Rule, Suite, load_suites

__all__ = [
    "Rule",
    "RuleResult",
    "Suite",
    "changed_dates",
    "failing_loads",
    "gate_error",
    "load_suites",
    "quarantine_rows",
    "store_results",
    "verdict",
    "write_overview",
]
