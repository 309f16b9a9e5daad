"""Running suites: scopes, failures that are not the data's, what is left on disk, and what is left open."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from dagster_project.quality import verdict
from dagster_project.quality.evidence import KEPT_RUNS
from dagster_project.quality.gx_engine import DuckDBExecutionEngine, masked
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.quality.conftest import NOW, Run, rule, suite

ROWS = rule("expect_table_row_count_to_be_between", {"min_value": 1})
NAMES = rule("expect_column_values_to_match_regex", {"column": "name", "regex": "^[A-Z]"})


def test_only_the_given_loads_are_checked(run: Run) -> None:
    checked = suite(ROWS, NAMES)
    (count, names) = run(checked, load_ids={"raw.till__lines": ["load_2"]})
    assert (count.observed, names.rows_checked, names.rows_failed) == ("3", 3, 1)
    assert names.sample_query is not None
    assert "_load_id in ('load_2')" in names.sample_query
    (count, _) = run(checked, load_ids={"raw.till__lines": ["load_1", "load_2", "load_3"]})
    assert count.observed == "8"
    assert run(checked, load_ids={"raw.till__lines": []}) == []


def test_every_load_needs_no_filter_and_many_loads_a_short_one(warehouse: Settings) -> None:
    from dagster_project.quality.scope import loads_of

    with connect(warehouse, read_only=True) as con:
        assert loads_of(con, suite(ROWS), ["load_1", "load_2", "load_3"]).where is None
        some = loads_of(con, suite(ROWS), ["load_1", "load_3", *(f"unknown_{n}" for n in range(20))])
    assert some.where is not None
    assert "'unknown_7'" in some.where
    assert some.reading == "_business_on between date '2017-01-01' and date '2017-01-03'"


def test_only_the_given_dates_are_checked(run: Run) -> None:
    checked = suite(ROWS, NAMES, name="marts.fct_lines", scope="partitions")
    days = {"marts.fct_lines": [date(2017, 1, 1), date(2017, 1, 3)]}
    (count, names) = run(checked, business_dates=days)
    assert (count.observed, names.rows_checked, names.rows_failed) == ("5", 5, 2)
    assert run(checked)[0].observed == "8"
    assert run(checked, business_dates={"marts.fct_lines": []}) == []


def test_sample_query_returns_the_bad_rows(run: Run, warehouse: Settings) -> None:
    unique = rule("expect_key_to_be_unique", {"columns": ["customer_id"]})
    query = rule("expect_query_to_return_no_rows", {"query": "select name from {batch} where quantity < 0"})
    results = run(suite(NAMES, unique, query, ROWS))
    with connect(warehouse, read_only=True) as con:
        found = [
            len(con.execute(result.sample_query).fetchall()) for result in results if result.sample_query is not None
        ]
    assert found == [result.rows_failed for result in results[:3]] == [3, 2, 1]
    assert results[3].sample_query is None


def test_rule_that_cannot_be_evaluated_is_critical_and_blocks(run: Run) -> None:
    told: dict[str, Any] = {"severity": "info", "on_fail": "report"}
    results = run(
        suite(
            rule("expect_column_values_to_not_be_null", {"column": "no_such_column"}, **told),
            rule("expect_rows_to_satisfy", {"condition": "quantity = "}, **told),
            rule("expect_rows_to_satisfy", {"condition": "quantity < 100"}),
            rule("expect_query_to_return_no_rows", {"query": "select * from no_such_table"}, **told),
        )
    )
    assert [result.status for result in results] == ["error", "error", "passed", "error"]
    assert [result.check_id for result in verdict(results)] == ["rule_0", "rule_1", "rule_3"]
    assert all(result.severity == "critical" and result.observed for result in verdict(results))


def test_missing_table_makes_each_rule_an_error(run: Run) -> None:
    results = run(suite(ROWS, NAMES, name="marts.no_such_table"), suite(ROWS | {"id": "still_run"}))
    assert [result.status for result in results] == ["error", "error", "passed"]
    assert "no_such_table does not exist" in (results[0].observed or "")


def test_no_value_of_a_row_reaches_a_result_a_page_or_a_log(
    run: Run, warehouse: Settings, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    run(
        suite(
            NAMES,
            rule("expect_rows_to_satisfy", {"condition": "name::integer > 0"}),
            rule("expect_column_values_to_be_in_set", {"column": "name", "value_set": ["nobody"]}),
            rule("expect_query_to_return_no_rows", {"query": "select name::integer from {batch}"}),
            rule("expect_column_pair_values_to_be_equal", {"column_A": "name", "column_B": "code"}),
        )
    )
    files = [path.read_text(encoding="utf-8") for path in warehouse.gx.rglob("*") if path.is_file()]
    everything = "\n".join([*files, caplog.text, *capsys.readouterr()])
    assert len(files) >= 2
    assert [name for name in ("Jane", "Miller", "Ann", "王小明", "李雷", "O'Neil") if name in everything] == []


def test_errors_of_duckdb_lose_the_values_they_quote() -> None:
    assert masked(duckdb.ConversionException("Could not convert string 'Jane Miller' to INT32\n\nLINE 1: …")) == (
        "Could not convert string … to INT32"
    )
    assert masked(duckdb.BinderException('Referenced column "nme" not found')) == 'Referenced column "nme" not found'


def test_files_are_closed_so_that_the_next_step_can_write(run: Run, warehouse: Settings) -> None:
    for _ in range(2):
        run(suite(ROWS, rule("expect_column_values_to_not_be_null", {"column": "no_such_column"})))
        with connect(warehouse) as con:
            con.execute("create or replace table raw.written as select 1 as one")
            con.execute("create or replace table warehouse.marts.written as select 1 as one")


def test_files_are_closed_also_when_running_fails(
    run: Run, warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dagster_project.quality.runner.write_evidence", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(suite(ROWS))
    with connect(warehouse) as con:
        con.execute("create table raw.written as select 1 as one")


def test_rules_of_one_suite_share_scans(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[str] = []
    execute = DuckDBExecutionEngine.execute_query
    monkeypatch.setattr(
        DuckDBExecutionEngine,
        "execute_query",
        lambda self, query: (queries.append(str(query)), execute(self, query))[1],
    )
    row_rules = [
        ROWS,
        NAMES,
        rule("expect_column_values_to_not_be_null", {"column": "code"}),
        rule("expect_column_values_to_be_between", {"column": "quantity", "min_value": 0}),
        rule("expect_column_values_to_be_in_set", {"column": "code", "value_set": ["A"]}),
        rule("expect_rows_to_satisfy", {"condition": "shipped_on >= ordered_on"}),
        rule("expect_column_max_to_be_between", {"column": "quantity", "max_value": 9}),
    ]
    run(suite(*row_rules))
    # One a round of GX's metric graph: row conditions and counts, figures of columns, faults of columns.
    assert len(queries) == 3


def test_pages_open_without_a_network_or_a_script(run: Run, warehouse: Settings) -> None:
    run(suite(ROWS, NAMES, rule("expect_rows_to_satisfy", {"condition": "name <> '<script>alert(1)</script>'"})))
    (page,) = (warehouse.gx / "data_docs" / "raw.till__lines").glob("*.html")
    html = page.read_text(encoding="utf-8")
    assert re.findall(r"https?://|<script|<iframe|@import|url\(", html) == []
    assert re.findall(r'(?:src|href)="([^"#]*)"', html) == ["data:,", "../index.html"]
    assert "values must match this regular expression" in html
    assert "badge critical" in html


def test_nothing_is_sent_anywhere(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*address: object) -> None:
        raise AssertionError(f"connects to {address}")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    assert [result.status for result in run(suite(ROWS, NAMES))] == ["passed", "failed"]


def test_oldest_runs_make_room(run: Run, warehouse: Settings) -> None:
    for hour in range(KEPT_RUNS + 2):
        run(suite(ROWS), run_id=f"run-{hour}", now=NOW + timedelta(hours=hour))
    pages = sorted(path.name for path in (warehouse.gx / "data_docs" / "raw.till__lines").iterdir())
    results = sorted(path.name for path in (warehouse.gx / "validations" / "raw" / "till__lines").iterdir())
    assert len(pages) == len(results) == KEPT_RUNS
    assert pages[0] == "20261122T000500_run-2.html"
    assert results[0] == "20261122T000500_run-2"


def test_result_file_is_of_the_run(run: Run, warehouse: Settings) -> None:
    run(suite(NAMES))
    (file,) = (warehouse.gx / "validations").rglob("*.json")
    written = json.loads(file.read_text(encoding="utf-8"))
    assert datetime.fromisoformat(written["meta"]["run_id"]["run_time"]) == NOW
    (found,) = written["results"]
    assert found["expectation_config"]["meta"]["rule"] == "rule_0"
    assert found["result"]["unexpected_count"] == 3


def test_progress_is_told(run: Run) -> None:
    told: list[tuple[int, int, str]] = []
    run(
        suite(ROWS),
        suite(ROWS | {"id": "other"}, name="marts.fct_lines"),
        progress=lambda number, count, name: told.append((number, count, name)),
    )
    assert told == [(1, 2, "raw.till__lines"), (2, 2, "marts.fct_lines")]
