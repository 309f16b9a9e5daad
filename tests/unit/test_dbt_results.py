"""dbt's test events become rows of `ops.check_results`, once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from dagster_project.settings import Settings
from dagster_project.transform.results import failures, store_test_results
from dagster_project.warehouse import connect, ensure_tables

MODEL = {"schema": "marts", "name": "fct_orders", "config": {"meta": {"owner": "analytics", "capability": ["SRC-7"]}}}
GENERIC = {"name": "orders_have_a_customer", "attached_node": "model.tenure.fct_orders",
           "test_metadata": {"name": "not_null"}, "config": {"severity": "ERROR"}}  # fmt: skip
SINGULAR = {"name": "assert_months_reconcile",
            "config": {"severity": "WARN", "meta": {"asset": "marts.fct_customer_months", "owner": "analytics",
                                                    "dimension": "consistency", "capability": ["SRC-14"]}}}  # fmt: skip
MANIFEST = {"nodes": {"model.tenure.fct_orders": MODEL, "test.a": GENERIC, "test.b": SINGULAR}}


def event(unique_id: str, status: str, failed: int) -> dict[str, Any]:
    node = {"unique_id": unique_id, "node_status": status, "node_name": unique_id.rsplit(".", maxsplit=1)[-1]}
    return {
        "info": {"name": "LogTestResult", "msg": f"{status} {failed}"},
        "data": {"node_info": node, "num_failures": failed},
    }


EVENTS = [event("test.a", "fail", 3), event("test.b", "pass", 0)]


def test_a_failed_test_is_named_with_dbts_words() -> None:
    assert failures(EVENTS) == ["a (fail 3)"]


@pytest.mark.parametrize("times", [1, 2])
def test_rows_say_what_was_tested_and_are_written_once(times: int, settings: Settings) -> None:
    columns = "asset, check_id, dimension, severity, on_fail, status, rows_failed, owner, capability"
    with connect(settings) as con:
        ensure_tables(con, settings)
        for _ in range(times):
            now = datetime(2018, 1, 1, tzinfo=UTC)
            store_test_results(con, EVENTS, MANIFEST, run_id="r", as_of=date(2017, 12, 31), now=now)
        found = con.execute(f"select {columns} from ops.check_results order by check_id").fetchall()
    assert found == [
        ("marts.fct_customer_months", "assert_months_reconcile", "consistency", "warning", "report", "passed", 0,
         "analytics", "SRC-14"),
        ("marts.fct_orders", "orders_have_a_customer", "completeness", "critical", "block", "failed", 3,
         "analytics", "SRC-7"),
    ]  # fmt: skip
