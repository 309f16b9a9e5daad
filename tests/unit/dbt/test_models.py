"""dbt's own unit tests, an empty lake, and two rules against an independent reading of their definition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dagster_project.settings import Settings
from tests.unit.dbt.lake import START, Lake, failed

AS_OF: Final = date(2017, 12, 31)
LAST_DAY: Final = (AS_OF - START).days
#: Days from which each state holds, as in the seed lifecycle_rules.
HEAD_START, DECLINING, LAPSED, CHURNED = 28, 28, 56, 112


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Every model built on a lake without a single row."""
    lake = Lake(Settings(home=tmp_path_factory.mktemp("empty") / "home")).prepare()
    assert failed(lake.build(AS_OF, "--exclude-resource-type", "unit_test")) == []
    return lake


def test_rules_hold_on_their_examples(empty: Lake) -> None:
    """dbt's unit tests. They take the types of their inputs from the tables, so those are built before."""
    events = empty.build(AS_OF)
    assert failed(events) == []
    assert sum(event["data"]["node_info"]["resource_type"] == "unit_test" for event in events) >= 25


def test_models_without_input_are_typed_and_empty(empty: Lake) -> None:
    tables = empty.fetch("select schema_name || '.' || table_name from duckdb_tables() where schema_name = 'marts'")
    assert ("marts.fct_orders",) in tables
    assert empty.fetch("select count(*) from conformed.invoices") == [(0,)]
    assert empty.fetch("select count(*) from warehouse.marts.dim_customers") == [(0,)]
    assert empty.fetch("select typeof(max(net_amount)) from conformed.invoices") == [("DECIMAL(18,2)",)]
    status = empty.fetch(
        "select entity, reason from warehouse.marts.capability_status where entity in ('grids', 'customers')"
    )
    assert sorted(status) == [
        ("customers", "its source systems have delivered nothing yet"),
        ("grids", "no source system is enabled for it"),
    ]


def _compiled(lake: Lake, name: str) -> str:
    paths = (lake.settings.dbt_state / "target" / "compiled").rglob(f"{name}.sql")
    (path,) = (path for path in paths if path.parent.suffix != ".yml")  # unit tests compile to <model>.yml/
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def lifecycle(empty: Lake) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """The compiled model over tables that a test fills."""
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as warehouse; create schema warehouse.marts")
        seed = empty.settings.dbt_project / "seeds" / "lifecycle_rules.csv"
        con.execute("create table warehouse.marts.lifecycle_rules as from read_csv(?)", [str(seed)])
        con.execute("create table warehouse.marts.fct_orders (customer_id bigint, ordered_on date)")
        yield con, _compiled(empty, "purchase_lifecycle_periods")


def _state(day: int, purchases: list[int]) -> str:
    """The state of a day read off the definition: only purchases up to that day count."""
    past = sorted({bought for bought in purchases if bought <= day})
    silence = day - past[-1]
    if silence >= CHURNED:
        return "churned"
    if silence >= LAPSED:
        return "lapsed"
    if silence >= DECLINING:
        return "declining"
    if day - past[0] < HEAD_START:
        return "new"
    returns = [late for early, late in pairwise(past) if late - early > CHURNED]
    return "returned" if returns and day - returns[-1] < HEAD_START else "active"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, LAST_DAY), min_size=1, max_size=12))
@example([0, 28, 84, 196])
@example([0, 113, 140, 141, 254])
@example([LAST_DAY])
def test_the_lifecycle_is_the_one_of_its_definition(
    lifecycle: tuple[duckdb.DuckDBPyConnection, str], purchases: list[int]
) -> None:
    con, sql = lifecycle
    con.execute("delete from warehouse.marts.fct_orders")
    con.executemany(
        "insert into warehouse.marts.fct_orders values (1, ?)", [[START + timedelta(days=day)] for day in purchases]
    )
    found = {
        (from_on - START).days + offset: state
        for _, state, from_on, to_on in con.execute(sql).fetchall()
        for offset in range((to_on - from_on).days + 1)
    }
    assert found == {day: _state(day, purchases) for day in range(min(purchases), LAST_DAY + 1)}
