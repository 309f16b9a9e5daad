"""Every suite is about a table and columns that are declared, and every table that needs a suite has one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import pytest

from dagster_project.extract import load_contracts, prepare
from dagster_project.extract.tables import AUDIT_COLUMNS
from dagster_project.quality import Suite, load_suites
from dagster_project.quality.expectation_types import EXPECTATION_TYPES
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from ml.schemas import TABLES

AUDIT: Final = {name: kind for name, kind, _ in AUDIT_COLUMNS}
ARROW_TYPES: Final = {
    "int64": "bigint",
    "int32": "integer",
    "string": "varchar",
    "double": "double",
    "bool": "boolean",
    "date32[day]": "date",
}


@pytest.fixture(scope="session")
def suites(home: Settings) -> list[Suite]:
    return load_suites(home)


@pytest.fixture(scope="session")
def models(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    nodes = manifest["nodes"].values()
    return [node for node in nodes if node["resource_type"] == "model" and node["schema"] in ("marts", "ml")]


@pytest.fixture(scope="session")
def declared(home: Settings, models: list[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Columns and their types by table, from the three places where they are declared."""
    tables = {
        f"raw.{contract.system}__{extract.name}": {c.name: c.type for c in extract.columns} | AUDIT
        for contract in load_contracts(home).values()
        for extract in contract.extracts
    }
    for model in models:
        name = f"{model['schema']}.{model['alias']}"
        tables[name] = {column["name"]: column["data_type"] for column in model["columns"].values()}
    for table, schema in TABLES.items():
        tables[f"ml.{table}"] = {field.name: ARROW_TYPES[str(field.type)] for field in schema}
    return tables


def test_suites_are_about_declared_columns(suites: list[Suite], declared: Mapping[str, Mapping[str, str]]) -> None:
    unknown = {
        f"{suite.name}: {column}"
        for suite in suites
        for rule in suite.rules
        for column in rule.columns
        if column not in declared[suite.name]
    }
    assert unknown == set()
    sliced = [suite for suite in suites if suite.scope == "partitions"]
    assert {declared[suite.name][suite.partition_column] for suite in sliced} == {"date"}


def test_every_extract_mart_and_ml_table_has_a_suite(
    suites: list[Suite], declared: Mapping[str, Mapping[str, str]]
) -> None:
    assert {suite.name for suite in suites} == set(declared)


def test_references_are_to_declared_columns(suites: list[Suite], declared: Mapping[str, Mapping[str, str]]) -> None:
    references = [
        (rule.kwargs["to_table"], rule.kwargs["to_column"])
        for suite in suites
        for rule in suite.rules
        if rule.expect == "expect_reference_to_exist"
    ]
    assert references
    assert [(table, column) for table, column in references if column not in declared[table]] == []


def test_no_figure_of_a_personal_column_is_shown(
    home: Settings, suites: list[Suite], models: list[Mapping[str, Any]]
) -> None:
    personal = {
        (f"raw.{contract.system}__{extract.name}", column.name)
        for contract in load_contracts(home).values()
        for extract in contract.extracts
        for column in extract.columns
        if column.pii != "none"
    } | {
        (f"{model['schema']}.{model['alias']}", column["name"])
        for model in models
        for column in model["columns"].values()
        if column["config"]["meta"].get("pii", "none") != "none"
    }
    assert personal
    shown = [
        rule.id
        for suite in suites
        for rule in suite.rules
        if rule.type.shows_figure and (suite.name, rule.kwargs["column"]) in personal
    ]
    assert shown == []


def test_every_rule_can_be_evaluated_on_the_declared_tables(
    home: Settings, suites: list[Suite], declared: Mapping[str, Mapping[str, str]]
) -> None:
    """Columns inside SQL text too: each rule runs on empty tables of the declared shape."""
    from dagster_project.quality.runner import run_suites

    with connect(home) as con:
        prepare(con, home, load_contracts(home))
        for schema in ("marts", "ml"):
            con.execute(f"create schema if not exists warehouse.{schema}")
        for table, columns in declared.items():
            if not table.startswith("raw."):
                shape = ", ".join(f"{column} {kind}" for column, kind in columns.items())
                con.execute(f"create or replace table warehouse.{table} ({shape})")
    results = run_suites(
        home, suites, run_id="project", as_of=date(2017, 12, 31), now=datetime(2026, 11, 21, tzinfo=UTC)
    )
    assert [(result.check_id, result.observed) for result in results if result.status == "error"] == []
    assert len(results) == sum(len(suite.rules) for suite in suites)


def test_readme_lists_every_expectation_type() -> None:
    text = (Settings().suites / "README.md").read_text(encoding="utf-8")
    assert [name for name in EXPECTATION_TYPES if f"`{name}`" not in text] == []


def test_there_are_few_enough_checks_for_one_screen_and_a_cheap_event_log(suites: list[Suite]) -> None:
    raw = [len(suite.rules) for suite in suites if suite.schema_name == "raw"]
    behind = [len(suite.rules) for suite in suites if suite.schema_name != "raw"]
    # Three a table at most, and one at least for each of some hundred tables behind raw.
    assert sum(behind) < 300
    assert sum(raw) <= 7 * len(raw)
