"""The front page of the Data Docs."""

from __future__ import annotations

import re
from datetime import timedelta

from dagster_project.quality import store_results, write_overview
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.quality.conftest import NOW, Run, rule, suite

WARNING = rule(
    "expect_column_values_to_not_be_null",
    {"column": "name"},
    id="name_given",
    title="Every line has a name",
    severity="warning",
    on_fail="report",
)
CRITICAL = rule("expect_rows_to_satisfy", {"condition": "amount >= 0"}, id="amount_sign", title="Amounts are positive")
FINE = rule("expect_table_row_count_to_be_between", {"min_value": 1}, id="rows_exist", title="There are lines")


def page(run: Run, warehouse: Settings, *rules: dict[str, object], runs: int = 1) -> str:
    checked = suite(*rules)
    never = suite({**FINE, "id": "never_run"}, name="marts.fct_lines")
    for number in range(runs):
        results = run(checked, run_id=f"run-{number}", now=NOW + timedelta(days=number))
        with connect(warehouse) as con:
            store_results(con, results)
            path = write_overview(warehouse, [checked, never], con)
    assert path == warehouse.gx / "data_docs" / "index.html"
    return path.read_text(encoding="utf-8")


def test_page_needs_no_network_and_its_links_exist(run: Run, warehouse: Settings) -> None:
    html = page(run, warehouse, WARNING, CRITICAL, FINE)
    assert re.findall(r"https?://|<script|<iframe|@import|url\(", html) == []
    links = set(re.findall(r'<a href="([^"]+)"', html))
    assert len(links) == 1
    assert all((warehouse.gx / "data_docs" / link).is_file() for link in links)


def test_worst_comes_first_and_a_warning_does_not_look_critical(run: Run, warehouse: Settings) -> None:
    html = page(run, warehouse, WARNING, CRITICAL, FINE)
    attention = html.split("Needs attention")[1].split("<h2>")[0]
    assert attention.index("Amounts are positive") < attention.index("Every line has a name")
    assert attention.count('<span class="badge critical">Critical</span>') == 1
    assert attention.count('<span class="badge warning">Warning</span>') == 1
    assert attention.count("stops the run") == 1
    assert "There are lines" not in attention
    assert "Query for these rows" in attention


def test_trend_has_a_mark_a_run_and_unchecked_tables_say_so(run: Run, warehouse: Settings) -> None:
    html = page(run, warehouse, WARNING, FINE, runs=3)
    assert html.count('<i class="warning" title="') == 3
    assert "Not yet checked" in html
    assert "Business date 2017-01-03 · checked 2026-11-23 22:05 UTC" in html


def test_page_before_anything_was_checked(warehouse: Settings) -> None:
    with connect(warehouse) as con:
        path = write_overview(warehouse, [suite(FINE)], con)
    assert "Nothing has been checked yet" in path.read_text(encoding="utf-8")
