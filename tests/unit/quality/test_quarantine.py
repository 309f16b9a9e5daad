"""Bad rows leave raw without one getting lost; bad loads are found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dagster_project.quality import RuleResult, Suite, failing_loads, quarantine_rows, verdict
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, transaction
from tests.unit.quality.conftest import AS_OF, NOW, Run, rule, suite

LOADS = ["load_1", "load_2", "load_3"]
MOVED: dict[str, Any] = {"on_fail": "quarantine"}
AMOUNT = rule("expect_column_values_to_be_between", {"column": "amount", "min_value": 0}, **MOVED)
QUANTITY = rule("expect_column_values_to_be_between", {"column": "quantity", "min_value": 0}, **MOVED)
KEY = rule("expect_key_to_be_unique", {"columns": ["customer_id"], "keep_first_by": ["_row_number"]}, **MOVED)
SIGNS = rule("expect_rows_to_satisfy", {"condition": "amount >= 0"}, **MOVED)
ROOMY = {"quarantine_limit_share": 0.5}


def move(warehouse: Settings, checked: Suite, results: list[RuleResult], loads: list[str]) -> int:
    with connect(warehouse) as con:
        return quarantine_rows(con, checked, results, loads, as_of=AS_OF, now=NOW)


def table(warehouse: Settings, query: str) -> list[Any]:
    with connect(warehouse, read_only=True) as con:
        return con.execute(query).fetchall()


BALANCE = """
    select load_id, rows_in, rows_loaded, rows_quarantined, count(raw_row._load_id)
    from ops.loads left join raw.till__lines as raw_row on raw_row._load_id = load_id
    group by all order by load_id
"""


def test_bad_rows_move_and_the_ledger_still_adds_up(run: Run, warehouse: Settings) -> None:
    checked = suite(AMOUNT, QUANTITY, KEY, SIGNS, **ROOMY)
    results = run(checked)
    assert verdict(results) == []
    assert move(warehouse, checked, results, LOADS) == 4
    assert table(warehouse, BALANCE) == [("load_1", 3, 1, 2, 1), ("load_2", 3, 2, 1, 2), ("load_3", 2, 1, 1, 1)]
    rows = table(
        warehouse,
        "select load_id, system, extract, source_file, row_number, rule, column_name, status from quarantine.bad_rows "
        "order by all",
    )
    assert rows == [
        ("load_1", "till", "lines", "lines_1", 2, "rule_0", "amount", "open"),
        ("load_1", "till", "lines", "lines_1", 3, "rule_2", "customer_id", "open"),
        ("load_2", "till", "lines", "lines_2", 3, "rule_2", "customer_id", "open"),
        ("load_3", "till", "lines", "lines_3", 2, "rule_1", "quantity", "open"),
    ]
    ((payload,),) = table(warehouse, "select payload from quarantine.bad_rows where rule = 'rule_0'")
    assert json.loads(payload) == {
        "customer_id": 2,
        "code": "B",
        "amount": -1.5,
        "quantity": 6,
        "ordered_on": "2017-01-01",
        "shipped_on": "2017-01-01",
        "name": "王小明",
    }


def test_only_the_checked_loads_lose_rows(run: Run, warehouse: Settings) -> None:
    checked = suite(AMOUNT, QUANTITY, **ROOMY)
    results = run(checked, load_ids={checked.name: ["load_3"]})
    assert move(warehouse, checked, results, ["load_3"]) == 1
    assert table(warehouse, BALANCE)[0] == ("load_1", 3, 3, 0, 3)


def test_nothing_moves_where_nothing_failed(run: Run, warehouse: Settings) -> None:
    checked = suite(AMOUNT, **ROOMY)
    assert move(warehouse, checked, run(checked, load_ids={checked.name: ["load_2"]}), ["load_2"]) == 0


def test_too_many_bad_rows_block_instead(run: Run) -> None:
    (result,) = run(suite(AMOUNT, quarantine_limit_share=0.1))
    assert verdict([result]) == [result]


def test_move_that_fails_changes_nothing(run: Run, warehouse: Settings) -> None:
    checked = suite(AMOUNT, **ROOMY)
    results = run(checked)
    with connect(warehouse) as con:
        con.execute("alter table quarantine.bad_rows add column reviewed_by varchar default 'nobody'")
        con.execute("alter table quarantine.bad_rows alter column reviewed_by set not null")
        con.execute("alter table quarantine.bad_rows alter column reviewed_by drop default")
        with pytest.raises(Exception, match="NOT NULL"), transaction(con):
            quarantine_rows(con, checked, results, LOADS, as_of=AS_OF, now=NOW)
    assert table(warehouse, BALANCE)[0] == ("load_1", 3, 3, 0, 3)


def test_loads_behind_a_failure_are_accused(run: Run, warehouse: Settings) -> None:
    checked = suite(
        rule("expect_column_values_to_be_between", {"column": "amount", "min_value": 0}),
        rule("expect_key_to_be_unique", {"columns": ["customer_id"]}),
        rule("expect_rows_to_satisfy", {"condition": "quantity < 100"}),
    )
    blocking = verdict(run(checked))
    with connect(warehouse, read_only=True) as con:
        accused = failing_loads(con, checked, blocking[:1], LOADS, AS_OF)
    assert accused == {"load_1": ["rule_0"]}
    assert [result.check_id for result in blocking] == ["rule_0", "rule_1"]


def test_rule_about_the_table_accuses_every_load_and_a_broken_rule_none(run: Run, warehouse: Settings) -> None:
    checked = suite(
        rule("expect_table_row_count_to_be_between", {"min_value": 100}),
        rule("expect_rows_to_satisfy", {"condition": "no_such_column > 0"}),
    )
    blocking = verdict(run(checked))
    with connect(warehouse, read_only=True) as con:
        accused = failing_loads(con, checked, blocking, LOADS, AS_OF)
    assert [result.check_id for result in blocking] == ["rule_0", "rule_1"]
    assert accused == {load: ["rule_0"] for load in LOADS}
