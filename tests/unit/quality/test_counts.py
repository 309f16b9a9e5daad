"""The contract between measuring and finding: GX's count, the predicate's count and a count by hand are equal."""

from __future__ import annotations

from typing import Any

import pytest

from dagster_project.quality.expectation_types import EXPECTATION_TYPES
from dagster_project.quality.scope import CheckedRows
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.quality.conftest import AS_OF, Run, rule, suite

_POSITIVE = {"column": "quantity", "op": ">", "value": 0}

# Expectation type, arguments, row condition, bad rows, how a person would count them.
CASES: list[tuple[str, dict[str, Any], dict[str, Any] | None, int, str]] = [
    ("column_values_to_not_be_null", {"column": "customer_id"}, None, 1, "customer_id is null"),
    ("column_values_to_not_be_null", {"column": "name"}, _POSITIVE, 1, "quantity > 0 and name is null"),
    ("column_values_to_be_in_set", {"column": "code", "value_set": ["A", "B"]}, None, 2, "code not in ('A', 'B')"),
    ("column_values_to_be_in_set", {"column": "code", "value_set": ["A", "B", "丙"]}, None, 1, "code = 'C'"),
    ("column_values_to_be_in_set", {"column": "name", "value_set": ["O'Neil"]}, None, 6, "name <> 'O''Neil'"),
    ("column_values_to_not_be_in_set", {"column": "quantity", "value_set": [0]}, None, 2, "quantity = 0"),
    ("column_values_to_be_between", {"column": "amount", "min_value": 0}, None, 1, "amount < 0"),
    (
        "column_values_to_be_between",
        {"column": "amount", "min_value": 0, "strict_min": True, "max_value": 9.99, "strict_max": True},
        None,
        4,
        "amount <= 0 or amount >= 9.99",
    ),
    ("column_values_to_be_between", {"column": "amount", "min_value": 5}, _POSITIVE, 3, "quantity > 0 and amount < 5"),
    (
        "column_values_to_be_between",
        {"column": "ordered_on", "max_value": "{as_of}"},
        None,
        1,
        "ordered_on > date '2017-01-03'",
    ),
    ("column_value_lengths_to_be_between", {"column": "name", "min_value": 3, "max_value": 6}, None, 3, ""),
    ("column_values_to_match_regex", {"column": "name", "regex": "^[A-Z]"}, None, 3, ""),
    ("column_values_to_match_regex", {"column": "name", "regex": "n{1,2}"}, None, 4, ""),
    ("column_values_to_not_match_regex", {"column": "name", "regex": "[一-龥]{2}"}, None, 2, ""),
    (
        "column_pair_values_a_to_be_greater_than_b",
        {"column_A": "shipped_on", "column_B": "ordered_on", "or_equal": True},
        None,
        1,
        "shipped_on < ordered_on",
    ),
    (
        "column_pair_values_a_to_be_greater_than_b",
        {"column_A": "shipped_on", "column_B": "ordered_on"},
        None,
        3,
        "shipped_on <= ordered_on",
    ),
    (
        "column_pair_values_to_be_equal",
        {"column_A": "shipped_on", "column_B": "ordered_on"},
        None,
        4,
        "shipped_on <> ordered_on",
    ),
    ("rows_to_satisfy", {"condition": "amount >= 0 and quantity >= 0"}, None, 2, "amount < 0 or quantity < 0"),
    ("rows_to_satisfy", {"condition": "name not like 'a%b{2}'"}, None, 1, "name like 'a%b{2}'"),
    ("rows_to_satisfy", {"condition": "ordered_on <= {as_of}"}, _POSITIVE, 0, "false"),
    (
        "reference_to_exist",
        {"column": "customer_id", "to_table": "marts.dim_customers", "to_column": "customer_id"},
        None,
        3,
        "customer_id in (5, 6)",
    ),
    (
        "reference_to_exist",
        {"column": "customer_id", "to_table": "marts.dim_customers", "to_column": "customer_id"},
        _POSITIVE,
        1,
        "customer_id = 6",
    ),
    ("key_to_be_unique", {"columns": ["customer_id"]}, None, 2, ""),
    ("key_to_be_unique", {"columns": ["customer_id", "code"]}, None, 1, ""),
    ("key_to_be_unique", {"columns": ["_business_on", "customer_id"], "slice_by": "_business_on"}, None, 1, ""),
    ("key_to_be_unique", {"columns": ["customer_id"]}, {"column": "code", "op": "is not null"}, 2, ""),
    ("key_to_be_unique", {"columns": ["code"]}, {"column": "_load_id", "op": "!=", "value": "load_3"}, 1, ""),
]


@pytest.mark.parametrize("sliced", [False, True], ids=["whole", "slices of one row"])
def test_counts_agree_for_every_row_type(
    run: Run, warehouse: Settings, sliced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sliced:
        monkeypatch.setattr("dagster_project.quality.gx_rules._SLICE_ROWS", 1)
    rules = [
        rule(f"expect_{expect}", kwargs, **({"when": when} if when else {})) for expect, kwargs, when, _, _ in CASES
    ]
    checked = suite(*rules)
    results = run(checked)
    assert [result.observed for result in results if result.status == "error"] == []
    assert [result.rows_failed for result in results] == [expected for *_, expected, _ in CASES]

    rows = CheckedRows(checked.name, None, None, "")
    with connect(warehouse, read_only=True) as con:
        con.execute("set search_path = 'lake.main,warehouse.marts'")
        for one, (*_, expected, by_hand) in zip(checked.rules, CASES, strict=True):
            found = con.execute(f"select count(*) from ({rows.failing(one, AS_OF)})").fetchone()
            assert found == (expected,), one
            if by_hand:
                assert con.execute(f"select count_if({by_hand}) from raw.till__lines").fetchone() == (expected,), one


def test_every_row_type_has_a_case() -> None:
    covered = {f"expect_{expect}" for expect, *_ in CASES}
    assert covered == {name for name, kind in EXPECTATION_TYPES.items() if kind.is_row_type}


TABLE_CASES: list[tuple[str, dict[str, Any], str, str | None]] = [
    ("table_row_count_to_be_between", {"min_value": 8, "max_value": 8}, "passed", "8"),
    ("table_row_count_to_be_between", {"min_value": 9}, "failed", "8"),
    ("column_min_to_be_between", {"column": "quantity", "min_value": 0}, "failed", "-3"),
    ("column_max_to_be_between", {"column": "quantity", "max_value": 9}, "passed", "9"),
    ("column_mean_to_be_between", {"column": "quantity", "min_value": 4, "max_value": 4}, "passed", "4.0"),
    ("column_sum_to_be_between", {"column": "quantity", "min_value": 33}, "failed", "32"),
    ("column_unique_value_count_to_be_between", {"column": "code", "max_value": 4}, "passed", "4"),
    ("query_to_return_no_rows", {"query": "select 1 from {batch} where code = '丙'"}, "failed", "1"),
    ("query_to_return_no_rows", {"query": "select name from {batch} where name like '%{2}'"}, "failed", "1"),
    ("query_to_return_no_rows", {"query": "select 1 from {batch} having max(ordered_on) < {as_of}"}, "passed", "0"),
    (
        "query_to_return_no_rows",
        {"query": "select * from {batch} as line anti join marts.dim_customers as customer using (customer_id)"},
        "failed",
        "4",
    ),
]


def test_table_types_observe_the_right_figure(run: Run) -> None:
    results = run(suite(*[rule(f"expect_{expect}", kwargs) for expect, kwargs, *_ in TABLE_CASES]))
    assert [(result.status, result.observed) for result in results] == [(case[2], case[3]) for case in TABLE_CASES]


def test_every_table_type_has_a_case() -> None:
    covered = {f"expect_{expect}" for expect, *_ in TABLE_CASES}
    assert covered == {name for name, kind in EXPECTATION_TYPES.items() if not kind.is_row_type}


@pytest.mark.parametrize(
    ("kwargs", "status"), [({"mostly": 0.75}, "passed"), ({"mostly": 0.9}, "failed")], ids=["enough", "too few"]
)
@pytest.mark.parametrize(
    ("expect", "arguments"),
    [
        ("expect_column_values_to_be_between", {"column": "quantity", "min_value": 1}),
        ("expect_rows_to_satisfy", {"condition": "quantity > 0 or quantity = -3"}),
    ],
)
def test_mostly_is_the_share_that_must_pass(
    run: Run, expect: str, arguments: dict[str, Any], kwargs: dict[str, Any], status: str
) -> None:
    share = {"mostly": kwargs["mostly"] - 0.125} if "column" in arguments else kwargs
    (result,) = run(suite(rule(expect, {**arguments, **share})))
    assert result.status == status
