"""Results: kept once a run, judged, told in words; and the dates that a later run still has to look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from dagster_project.quality import RuleResult, changed_dates, gate_error, store_results, verdict
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.quality.conftest import AS_OF, NOW, rule, suite

PASSED = RuleResult(
    run_id="run-1",
    as_of=AS_OF,
    asset="marts.fct_lines",
    check_id="rule_0",
    title="Sales are zero or more",
    dimension="validity",
    severity="critical",
    on_fail="block",
    status="passed",
    rows_checked=1_000,
    rows_failed=0,
    observed=None,
    sample_query=None,
    owner="analytics",
    capability=None,
    checked_at=NOW,
)
FAILED = replace(PASSED, status="failed", rows_failed=12)


def test_storing_a_run_again_replaces_its_results(warehouse: Settings) -> None:
    other_run = replace(PASSED, run_id="run-2")
    with connect(warehouse) as con:
        assert store_results(con, [FAILED, other_run]) == 2
        assert store_results(con, [PASSED]) == 1
        assert store_results(con, []) == 0
        rows = con.execute("""
            select run_id, asset, suite, check_id, engine, status, rows_failed, as_of_on, checked_at
            from ops.check_results order by run_id
        """).fetchall()
    kept = ("marts.fct_lines", "marts.fct_lines", "rule_0", "great_expectations", "passed", 0, AS_OF)
    assert rows == [(run, *kept, NOW.replace(tzinfo=None)) for run in ("run-1", "run-2")]


def test_results_of_dbt_are_left_alone(warehouse: Settings) -> None:
    with connect(warehouse) as con:
        con.execute("""
            insert into ops.check_results by name
            select
                'run-1' as run_id, date '2017-01-03' as as_of_on, 'marts.fct_lines' as asset, 'tenure' as suite,
                'not_null' as check_id, 'dbt' as engine, 'critical' as severity, 'passed' as status,
                timestamp '2026-11-21' as checked_at
        """)
        store_results(con, [PASSED])
        assert con.execute("select count(*) from ops.check_results").fetchone() == (2,)


@pytest.mark.parametrize(
    ("change", "stops"),
    [
        ({"status": "passed"}, False),
        ({"status": "failed"}, True),
        ({"status": "error"}, True),
        ({"status": "failed", "severity": "warning", "on_fail": "report"}, False),
        ({"status": "failed", "on_fail": "quarantine"}, False),
    ],
)
def test_critical_blocking_failures_stop_the_run(change: dict[str, Any], stops: bool) -> None:
    result = replace(PASSED, **change)
    assert verdict([result]) == ([result] if stops else [])


def test_closed_gate_is_one_paragraph() -> None:
    error = gate_error(
        [FAILED, replace(FAILED, status="error", check_id="rule_1", observed="Table with name x does not exist!")],
        "raw",
    )
    assert str(error) == (
        "The raw quality gate is closed: marts.fct_lines: sales are zero or more (rule_0) fails for 12 of 1,000 "
        "rows; marts.fct_lines: sales are zero or more (rule_1) could not be evaluated: Table with name x does not "
        "exist!. The last release stays published. Next: `tenure check` shows the queries that return these rows; "
        "deliver corrected files, then `tenure run`"
    )
    assert error.exit_code == 5


ROWS = rule("expect_table_row_count_to_be_between", {"min_value": 1})
CHECKED = suite(ROWS, ROWS, name="marts.fct_lines", scope="partitions")


def changed(warehouse: Settings, *results: RuleResult) -> list[date] | None:
    with connect(warehouse) as con:
        con.execute("update ops.loads set checked_at = $at", {"at": NOW.replace(tzinfo=None)})
        con.execute(
            "update ops.loads set checked_at = $at where load_id = 'load_3'",
            {"at": (NOW + timedelta(hours=2)).replace(tzinfo=None)},
        )
        con.execute("delete from ops.check_results")
        store_results(con, results)
        return changed_dates(con, CHECKED)


LATER = NOW + timedelta(hours=1)
SECOND = replace(PASSED, check_id="rule_1")


def test_dates_of_newly_checked_loads_are_due(warehouse: Settings) -> None:
    assert changed(warehouse, replace(PASSED, checked_at=LATER), replace(SECOND, checked_at=LATER)) == [AS_OF]


def test_everything_is_due_while_a_rule_was_never_evaluated(warehouse: Settings) -> None:
    assert changed(warehouse) is None
    assert changed(warehouse, replace(PASSED, checked_at=LATER)) is None
    broken = replace(SECOND, checked_at=LATER, status="error")
    assert changed(warehouse, replace(PASSED, checked_at=LATER), broken) is None


def test_dates_stay_due_until_the_suite_lets_them_pass(warehouse: Settings) -> None:
    before = NOW - timedelta(hours=1)
    stopped = replace(SECOND, run_id="run-2", checked_at=LATER, status="failed")
    all_days = [date(2017, 1, 1), date(2017, 1, 2), AS_OF]
    earlier = [replace(PASSED, checked_at=before), replace(SECOND, checked_at=before)]
    assert changed(warehouse, *earlier, replace(PASSED, run_id="run-2", checked_at=LATER), stopped) == all_days
    told = replace(stopped, severity="warning", on_fail="report")
    assert changed(warehouse, *earlier, replace(PASSED, run_id="run-2", checked_at=LATER), told) == [AS_OF]
