"""The front page of the Data Docs: every table, its state, its owner, its last runs, and what needs attention.

Great Expectations' index lists results flat, without severity, owner or trend, and is drawn by a script from a
content network. This one is written from `ops.check_results`: one self-contained file without a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb

from dagster_project.quality.pages import docs_folder, environment, write_page
from dagster_project.quality.suites import SCHEMAS, Rule, Suite
from dagster_project.settings import Settings

# How bad, in rising order; a table is as bad as its worst rule.
STATES: Final = ("passed", "info", "warning", "critical", "error")
_TREND_RUNS: Final = 10

_LATEST: Final = """
    select
        asset, check_id, case when status = 'failed' then severity else status end,
        severity = 'critical' and on_fail = 'block' and status <> 'passed',
        on_fail, rows_checked, rows_failed, observed, sample_query, as_of_on, checked_at
    from ops.check_results
    where engine = 'great_expectations'
    qualify row_number() over (partition by asset, check_id order by checked_at desc, run_id desc) = 1
"""
_RUNS: Final = """
    select asset, run_id, max(checked_at) as checked_at, max(list_position($states, state)) - 1 as worst
    from (
        select
            asset, run_id, checked_at, case when status = 'failed' then severity else status end as state
        from ops.check_results where engine = 'great_expectations'
    )
    group by asset, run_id
    qualify row_number() over (partition by asset order by max(checked_at) desc) <= $runs
    order by asset, checked_at
"""


class Latest(NamedTuple):
    """The last result of a rule."""

    asset: str
    check_id: str
    state: str
    is_blocking: bool
    on_fail: str
    rows_checked: int | None
    rows_failed: int | None
    observed: str | None
    sample_query: str | None
    as_of: date
    checked_at: datetime


@dataclass(frozen=True)
class Finding:
    """A rule that did not pass, with its latest result."""

    suite: Suite
    rule: Rule
    result: Latest


@dataclass(frozen=True)
class TableState:
    """One line of the front page.

    Attributes:
        state: The worst state of its rules; `None` when it was never checked.
        runs: State of the last runs, oldest first, each with its time.
        page: Newest evidence page, relative to the front page.
    """

    suite: Suite
    state: str | None
    passed: int
    rows_checked: int | None
    rows_failed: int
    checked_at: datetime | None
    runs: tuple[tuple[str, datetime], ...]
    page: str | None


def write_overview(settings: Settings, suites: Sequence[Suite], con: duckdb.DuckDBPyConnection) -> Path:
    """Write `index.html` of the Data Docs.

    Args:
        settings: Where the Data Docs are.
        suites: Every suite of the project; results of rules that no longer exist are left out.
        con: Connection whose default catalog holds `ops`.

    Returns:
        Path of the page.
    """
    latest = {(row[0], row[1]): Latest(*row) for row in con.execute(_LATEST).fetchall()}
    runs = con.execute(_RUNS, {"states": list(STATES), "runs": _TREND_RUNS}).fetchall()
    trends = {
        asset: tuple((STATES[worst], checked_at) for _, _, checked_at, worst in rows)
        for asset, rows in groupby(runs, key=lambda row: row[0])
    }
    folder = docs_folder(settings.gx)
    in_flow_order = sorted(suites, key=lambda suite: (SCHEMAS.index(suite.schema_name), suite.name))
    tables = [_table_state(suite, latest, trends.get(suite.name, ()), folder) for suite in in_flow_order]
    page = folder / "index.html"
    write_page(page, environment().get_template("index.html").render(**_values(suites, tables, latest)))
    return page


def _values(
    suites: Sequence[Suite], tables: Sequence[TableState], latest: dict[tuple[str, str], Latest]
) -> dict[str, Any]:
    """What the template shows."""
    found = [
        Finding(suite, rule, latest[suite.name, rule.id])
        for suite in suites
        for rule in suite.rules
        if (suite.name, rule.id) in latest
    ]
    open_findings = [finding for finding in found if finding.result.state != "passed"]
    open_findings.sort(key=lambda finding: (-finding.result.is_blocking, -STATES.index(finding.result.state)))
    dimensions = sorted({finding.rule.dimension for finding in found})
    return {
        "schemas": [(name, list(group)) for name, group in groupby(tables, key=lambda table: table.suite.schema_name)],
        "findings": open_findings,
        "pages": {table.suite.name: table.page for table in tables},
        "counts": {state: sum(finding.result.state == state for finding in found) for state in STATES},
        "blocking": sum(finding.result.is_blocking for finding in found),
        "rule_count": len(found),
        "dimensions": [(name, *_passed(found, name)) for name in dimensions],
        "as_of": max((finding.result.as_of for finding in found), default=None),
        "checked_at": max((finding.result.checked_at for finding in found), default=None),
    }


def _passed(found: Sequence[Finding], dimension: str) -> tuple[int, int]:
    """Rules passed and rules checked of one dimension."""
    states = [finding.result.state for finding in found if finding.rule.dimension == dimension]
    return states.count("passed"), len(states)


def _table_state(
    suite: Suite, latest: dict[tuple[str, str], Latest], runs: tuple[tuple[str, datetime], ...], folder: Path
) -> TableState:
    results = [latest[suite.name, rule.id] for rule in suite.rules if (suite.name, rule.id) in latest]
    pages = sorted((folder / suite.name).glob("*.html"))
    return TableState(
        suite=suite,
        state=max((result.state for result in results), key=STATES.index, default=None),
        passed=sum(result.state == "passed" for result in results),
        rows_checked=max((result.rows_checked for result in results if result.rows_checked is not None), default=None),
        rows_failed=sum(result.rows_failed or 0 for result in results),
        checked_at=max((result.checked_at for result in results), default=None),
        runs=runs,
        page=str(pages[-1].relative_to(folder)) if pages else None,
    )
