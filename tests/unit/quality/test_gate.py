"""The gate in Dagster: what is stopped, what goes on, what becomes of the loads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest

from dagster_project.components.quality_suite import QualitySuites, assert_gate_open, build_gate, gate_checks
from dagster_project.components.resources import RunOptions
from dagster_project.errors import ConfigurationError
from dagster_project.quality import Suite
from dagster_project.settings import Settings, using
from dagster_project.warehouse import connect
from tests.unit.quality.conftest import rule, suite

PARTITIONS = dg.DailyPartitionsDefinition("2017-01-01")
LINES, MART = dg.AssetKey(["raw", "till__lines"]), dg.AssetKey(["marts", "fct_lines"])

FINE = rule("expect_table_row_count_to_be_between", {"min_value": 1}, id="rows_exist")
CRITICAL = rule("expect_column_values_to_be_between", {"column": "amount", "min_value": 0}, id="amount_sign")
MOVED = {**CRITICAL, "id": "amount_moved", "on_fail": "quarantine"}
WARNING = {**CRITICAL, "id": "amount_told", "severity": "warning", "on_fail": "report"}
NOTE = {**CRITICAL, "id": "amount_noted", "severity": "info", "on_fail": "report"}
BROKEN = rule(
    "expect_rows_to_satisfy", {"condition": "no_such_column > 0"}, id="broken", severity="info", on_fail="report"
)

Go = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


@pytest.fixture
def go(warehouse: Settings, instance: dg.DagsterInstance) -> Go:
    """Run raw table → gate → mart for a suite."""

    @dg.asset(key=LINES, partitions_def=PARTITIONS)
    def lines() -> None: ...

    @dg.asset(key=MART, deps=[LINES], partitions_def=PARTITIONS)
    def mart() -> None: ...

    def go(checked: Suite) -> dg.ExecuteInProcessResult:
        definitions = dg.Definitions(
            assets=[lines, mart],
            asset_checks=[build_gate("check_raw", [checked], [checked])],
            resources={
                "settings": warehouse,
                "writer": dg.ResourceDefinition.none_resource(),
                "run_options": RunOptions(),
            },
        )
        return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance, partition_key="2017-01-03", raise_on_error=False
        )

    return go


def checks(result: dg.ExecuteInProcessResult) -> dict[str, tuple[bool, str]]:
    found = [
        event.event_specific_data for event in result.all_events if event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    return {check.check_name: (check.passed, check.severity.value) for check in found}  # type: ignore[union-attr]


def built(result: dg.ExecuteInProcessResult) -> bool:
    return bool(result.asset_materializations_for_node("marts__fct_lines")) if result.success else False


def loads(warehouse: Settings) -> list[Any]:
    with connect(warehouse, read_only=True) as con:
        return con.execute("""
            select load_id, status, reason, rows_loaded, rows_quarantined, checked_at is not null
            from ops.loads order by load_id
        """).fetchall()


def test_open_gate_lets_the_street_go_on_and_is_not_asked_twice(go: Go, warehouse: Settings) -> None:
    first = go(suite(FINE, WARNING, NOTE))
    assert checks(first) == {
        "rows_exist": (True, "WARN"),
        "amount_told": (False, "WARN"),
        "amount_noted": (True, "WARN"),
    }
    assert built(first)
    assert all(load[1] == "loaded" and load[5] for load in loads(warehouse))
    second = go(suite(FINE, WARNING, NOTE))
    assert built(second)
    assert all(passed for passed, _ in checks(second).values())
    with connect(warehouse, read_only=True) as con:
        assert con.execute("select count(distinct run_id), count(*) from ops.check_results").fetchone() == (1, 3)


def test_closed_gate_stops_the_street_and_holds_the_load(
    go: Go, warehouse: Settings, instance: dg.DagsterInstance
) -> None:
    checked = suite(FINE, CRITICAL)
    result = go(checked)
    assert not result.success
    assert checks(result) == {"rows_exist": (True, "WARN"), "amount_sign": (False, "ERROR")}
    assert not [event for event in result.all_events if event.is_step_success and event.step_key == "marts__fct_lines"]
    failure = result.failure_data_for_node("check_raw")
    assert failure is not None
    assert failure.user_failure_data is not None
    description = failure.user_failure_data.description or ""
    assert description.startswith("The raw quality gate is closed: raw.till__lines: something holds (amount_sign)")
    assert "1 of 8 rows" in description
    assert loads(warehouse) == [
        ("load_1", "held", "amount_sign", 3, 0, False),
        ("load_2", "loaded", None, 3, 0, False),
        ("load_3", "loaded", None, 2, 0, False),
    ]
    with connect(warehouse, read_only=True) as con:
        assert con.execute("select count(*) from ops.check_results where status = 'failed'").fetchone() == (1,)
    with pytest.raises(dg.Failure, match="amount_sign"):
        assert_gate_open(instance, gate_checks([checked]))
    # The held load is out of the way: the next run checks the others and opens the gate.
    assert built(go(checked))
    assert_gate_open(instance, gate_checks([checked]))


def test_bad_rows_are_set_aside_and_the_street_goes_on(go: Go, warehouse: Settings) -> None:
    result = go(suite(FINE, MOVED, quarantine_limit_share=0.5))
    assert checks(result)["amount_moved"] == (False, "WARN")
    assert built(result)
    assert loads(warehouse)[0] == ("load_1", "loaded", None, 2, 1, True)


def test_rule_that_cannot_be_evaluated_closes_the_gate(
    go: Go, instance: dg.DagsterInstance, warehouse: Settings
) -> None:
    checked = suite(FINE, BROKEN)
    result = go(checked)
    assert not built(result)
    assert checks(result)["broken"] == (False, "ERROR")
    with pytest.raises(dg.Failure, match="broken"):
        assert_gate_open(instance, gate_checks([checked]))
    # The rule is at fault, not the files: they are neither held nor let pass.
    assert {load[1:3] + load[5:] for load in loads(warehouse)} == {("loaded", None, False)}


def test_gate_that_was_never_run_is_open(instance: dg.DagsterInstance) -> None:
    assert_gate_open(instance, gate_checks([suite(FINE)]))


def test_component_takes_the_suites_it_selects(settings: Settings) -> None:
    with using(settings):
        gate = QualitySuites(name="check_ml", select=["ml.*"], exclude=["ml.customer_features"])
        (definition,) = gate.build_defs(None).asset_checks or []  # type: ignore[arg-type] # not used
        assert isinstance(definition, dg.AssetChecksDefinition)
        tables = {spec.asset_key.path[-1] for spec in definition.check_specs}
        with pytest.raises(ConfigurationError, match=r"selects nothing\.\*"):
            QualitySuites(name="check", select=["nothing.*"]).build_defs(None)  # type: ignore[arg-type]
    assert "churn_scores" in tables
    assert "customer_features" not in tables
