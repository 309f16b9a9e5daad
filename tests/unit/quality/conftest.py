"""A small warehouse with known faults, and suites about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

import pytest

from dagster_project.quality import RuleResult, Suite
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, ensure_tables

AS_OF: Final = date(2017, 1, 3)
NOW: Final = datetime(2026, 11, 21, 22, 5, tzinfo=UTC)

Run = Callable[..., list[RuleResult]]

# Three loads. Faults: null keys, a code in another script, a repeated key, a negative amount, a date out of order.
_LINES: Final = """
    create table raw.till__lines as
    select
        customer_id, code, amount, quantity, ordered_on::date as ordered_on, shipped_on::date as shipped_on, name,
        'load_' || load as _load_id, 'lines_' || load as _source_file, _row_number,
        date '2017-01-01' + load - 1 as _business_on
    from (values
        (1,    'A',  10.00, 5,  '2017-01-01', '2017-01-02', 'Jane Miller', 1, 1),
        (2,    'B',  -1.50, 6,  '2017-01-01', '2017-01-01', '王小明',      1, 2),
        (2,    'B',   3.00, 7,  '2017-01-01', null,         'Ann',         1, 3),
        (null, '丙',  4.00, 8,  '2017-01-02', '2017-01-01', null,          2, 1),
        (4,    null,  0.00, 0,  '2017-01-02', '2017-01-03', '李雷',        2, 2),
        (5,    'C',   null, 0,  '2017-01-09', '2017-01-10', 'O''Neil',     2, 3),
        (6,    'A',   9.99, 9,  null,         null,         'a%b{2}',      3, 1),
        (5,    'A',   1.00, -3, '2017-01-03', '2017-01-03', 'Jane Miller', 3, 2)
    ) as line (customer_id, code, amount, quantity, ordered_on, shipped_on, name, load, _row_number)
"""


@pytest.fixture
def warehouse(settings: Settings) -> Settings:
    """Settings of a home whose two files hold the small tables."""
    with connect(settings) as con:
        con.execute("create schema raw; create schema warehouse.marts")
        ensure_tables(con, settings)
        con.execute(_LINES)
        con.execute("create table warehouse.marts.dim_customers as select unnest([1, 2, 4, null]) as customer_id")
        con.execute("""
            create table warehouse.marts.fct_lines as
            select *, _business_on as business_on from raw.till__lines
        """)
        con.execute("""
            insert into ops.loads by name
            select
                _load_id as load_id, 'till' as system, 'lines' as extract, any_value(_source_file) as file,
                md5(_load_id) as sha256, any_value(_business_on) as business_on, 1 as version,
                'append' as load_mode, 'loaded' as status, count(*) as rows_in, count(*) as rows_loaded,
                0 as rows_quarantined, 0 as bytes, 'run' as run_id, timestamp '2026-11-21' as loaded_at,
                timestamp '2026-11-20' as file_modified_at
            from raw.till__lines group by _load_id
        """)
    return settings


@pytest.fixture
def run(warehouse: Settings) -> Run:
    """Run suites on the small warehouse."""
    from dagster_project.quality.runner import run_suites

    def run(*suites: Suite, **options: Any) -> list[RuleResult]:
        return run_suites(warehouse, suites, **{"run_id": "run-1", "as_of": AS_OF, "now": NOW, **options})

    return run


def rule(expect: str, kwargs: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A rule as a suite file holds it."""
    return {
        "id": "some_rule",
        "title": "Something holds",
        "expect": expect,
        "kwargs": kwargs or {},
        "severity": "critical",
        "on_fail": "block",
        "dimension": "validity",
        **fields,
    }


def suite(*rules: dict[str, Any], name: str = "raw.till__lines", **fields: Any) -> Suite:
    """A suite of these rules, numbered where they have no id of their own."""
    numbered = [{**one, "id": f"rule_{n}"} if one["id"] == "some_rule" else one for n, one in enumerate(rules)]
    scope = "loads" if name.startswith("raw.") else "table"
    return Suite.model_validate(
        {"name": name, "description": "Lines.", "owner": "data-platform", "scope": scope, "rules": numbered, **fields}
    )
