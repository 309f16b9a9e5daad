"""Which business dates of a mart changed since its suite last let them pass.

Nothing is remembered apart from the results themselves: the answer is the same after a killed run, a restatement
or a new rule.
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from dagster_project.quality.suites import Suite


def changed_dates(con: duckdb.DuckDBPyConnection, suite: Suite) -> list[date] | None:
    """Business dates to check, or `None` for the whole table.

    A date is due when one of its loads passed the raw gate after the suite was last evaluated without blocking. A
    suite with a rule that has never been evaluated so is due as a whole.
    """
    since = _last_let_pass(con, suite)
    if since is None:
        return None
    rows = con.execute(
        "select distinct business_on from ops.loads where status = 'loaded' and checked_at >= $since order by 1",
        {"since": since},
    ).fetchall()
    return [day for (day,) in rows]


def _last_let_pass(con: duckdb.DuckDBPyConnection, suite: Suite) -> datetime | None:
    """When every rule of the suite had been evaluated without stopping the run; `None` when one never was."""
    row = con.execute(
        """
        select case when count(*) = $rules then min(passed_at) end
        from (
            select check_id, max(checked_at) as passed_at
            from ops.check_results
            where asset = $asset and list_contains($ids, check_id) and status <> 'error'
                and not (status = 'failed' and severity = 'critical' and on_fail = 'block')
            group by check_id
        )
        """,
        {"asset": suite.name, "ids": [rule.id for rule in suite.rules], "rules": len(suite.rules)},
    ).fetchone()
    assert row is not None  # an aggregate without groups always has one row
    since: datetime | None = row[0]
    return since
