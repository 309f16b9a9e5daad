"""`tenure query`: the same answer as a table, CSV or JSON, and no way past the release."""

from __future__ import annotations

import io
import json
import sys

import pytest

from dagster_project.settings import Settings
from tests.unit.cli.conftest import Tenure

ORDERS = "select order_id, region, sales_amount from fct_orders order by order_id"


def test_csv_and_json_are_for_programs(tenure: Tenure, published: Settings) -> None:
    as_csv, as_json = (tenure("query", ORDERS, "--format", form) for form in ("csv", "json"))
    assert as_csv == (0, "order_id,region,sales_amount\n1,north,4.50\n2,,10.00\n", "")
    assert json.loads(as_json.out) == [
        {"order_id": 1, "region": "north", "sales_amount": 4.5},
        {"order_id": 2, "region": None, "sales_amount": 10.0},
    ]
    assert as_json.err == ""


def test_a_table_is_for_people(tenure: Tenure, published: Settings) -> None:
    outcome = tenure("query", ORDERS)
    assert [line.split() for line in outcome.out.splitlines()] == [
        ["order_id", "region", "sales_amount"],
        ["1", "north", "4.50"],
        ["2", "-", "10.00"],
    ]
    assert outcome.err == "2 rows\n"


def test_ids_keep_their_digits_in_a_table(tenure: Tenure, published: Settings) -> None:
    assert "1234567" in tenure("query", "select 1234567 as id").out


def test_a_long_table_is_cut_and_says_so(tenure: Tenure, published: Settings) -> None:
    outcome = tenure("query", "select unnest(range(1001)) as n")
    assert outcome.out.splitlines()[-1].strip() == "999"
    assert "1,000 rows; there are more" in outcome.err


def test_a_query_can_come_from_standard_input(
    tenure: Tenure, published: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("select 42 as answer"))
    assert tenure("query", "-", "--format", "csv").out == "answer\n42\n"


@pytest.mark.parametrize(
    "sql",
    [
        "drop table fct_orders",
        "select 1; select 2",
        "select * from read_csv('/etc/hostname')",
        "select * from nowhere",
        "selec 1",
    ],
)
def test_a_refused_query_is_one_paragraph_and_code_6(tenure: Tenure, published: Settings, sql: str) -> None:
    outcome = tenure("query", sql)
    assert (outcome.code, outcome.out) == (6, "")
    assert outcome.err.startswith("Error: ")
    assert outcome.err.count("\n") == 1


def test_without_a_release_the_next_command_is_named(tenure: Tenure, booked: Settings) -> None:
    outcome = tenure("query", "select 1")
    assert outcome.code == 8
    assert "tenure run" in outcome.err
