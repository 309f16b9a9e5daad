"""Bad rows of raw tables: which loads they came with, and how they are set aside without one getting lost.

GX counts; SQL finds the rows. GX cannot name them: its lists are cut off and leave out a rule's row condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import duckdb

from dagster_project.failpoints import failpoint
from dagster_project.quality.results import RuleResult
from dagster_project.quality.scope import CheckedRows, loads_of
from dagster_project.quality.sql import constant, identifier, table_name
from dagster_project.quality.suites import Rule, Suite


def failing_loads(
    con: duckdb.DuckDBPyConnection,
    suite: Suite,
    blocking: Iterable[RuleResult],
    load_ids: Sequence[str],
    as_of: date,
) -> dict[str, list[str]]:
    """The loads behind blocking results, each with the ids of the rules that it breaks.

    A rule about single rows accuses the loads that hold its bad rows, a rule about the whole table every load it
    was run on. A rule that could not be evaluated accuses none: it is at fault itself.
    """
    rows = loads_of(con, suite, load_ids)
    rules = {rule.id: rule for rule in suite.rules}
    accused: dict[str, list[str]] = {}
    for result in blocking:
        if result.status == "error":
            continue
        bad_rows = rows.failing(rules[result.check_id], as_of)
        if bad_rows is None:
            found = list(load_ids)
        else:
            found = [load for (load,) in con.execute(f"select distinct _load_id from ({bad_rows})").fetchall()]
        for load_id in found:
            accused.setdefault(load_id, []).append(result.check_id)
    return accused


def quarantine_rows(
    con: duckdb.DuckDBPyConnection,
    suite: Suite,
    results: Iterable[RuleResult],
    load_ids: Sequence[str],
    *,
    as_of: date,
    now: datetime,
) -> int:
    """Move the rows that break a rule with `on_fail: quarantine` from raw to `quarantine.bad_rows`.

    A row that breaks several rules is moved once, under the first of them in the suite's order. The counts in
    `ops.loads` change with it, so that `rows_in = rows_loaded + rows_quarantined` always holds.

    Args:
        con: Writable connection with default catalog `lake`, in a transaction in which the caller also marks the
            loads as checked: checked again without their bad rows they would look as if they had been clean.
        suite: Suite of a raw table.
        results: Its results on these loads.
        load_ids: The loads that were checked.
        as_of: Business date of the run.
        now: When the rows are set aside.

    Returns:
        Number of rows moved.
    """
    failed = {result.check_id for result in results if result.status == "failed"}
    rules = [rule for rule in suite.rules if rule.on_fail == "quarantine" and rule.id in failed]
    if not rules:
        return 0
    bad_rows = _bad_rows(con, suite, loads_of(con, suite, load_ids), rules, as_of)
    con.execute(f"create or replace temp table bad_row as {bad_rows}")
    moved = _move(con, suite, now)
    failpoint("checks.rows_quarantined")
    con.execute("drop table temp.bad_row")
    return moved


def _move(con: duckdb.DuckDBPyConnection, suite: Suite, now: datetime) -> int:
    """Move the rows listed in `temp.bad_row`."""
    system, extract = suite.table.split("__", 1)
    at = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
    con.execute(
        """
        insert into quarantine.bad_rows by name
        select
            _load_id as load_id, $system as system, $extract as extract, _source_file as source_file,
            _row_number as row_number, rule, column_name, payload, $at as quarantined_at, 'open' as status
        from temp.bad_row
        """,
        {"system": system, "extract": extract, "at": at},
    )
    deleted = con.execute(
        f"""
        delete from {table_name(suite.name)} as raw_row using temp.bad_row as bad
        where raw_row._load_id = bad._load_id and raw_row._row_number = bad._row_number
        """
    ).fetchone()
    con.execute("""
        update ops.loads as load
        set rows_loaded = load.rows_loaded - bad.row_count,
            rows_quarantined = load.rows_quarantined + bad.row_count
        from (select _load_id, count(*) as row_count from temp.bad_row group by _load_id) as bad
        where load.load_id = bad._load_id
    """)
    found = con.execute("select count(*) from temp.bad_row").fetchone()
    if deleted is None or deleted != found:
        raise RuntimeError(f"{suite.name}: {deleted} rows deleted, {found} quarantined; the transaction is undone")
    return int(deleted[0])


def _bad_rows(
    con: duckdb.DuckDBPyConnection, suite: Suite, rows: CheckedRows, rules: Sequence[Rule], as_of: date
) -> str:
    """SQL: the bad rows, each with the first rule it breaks and its delivered columns as JSON."""
    columns = con.execute(
        """
        select column_name from duckdb_columns()
        where database_name = 'lake' and schema_name = $schema and table_name = $table
            and not starts_with(column_name, '_')
        order by column_index
        """,
        {"schema": suite.schema_name, "table": suite.table},
    ).fetchall()
    payload = ", ".join(f"{constant(name)}, {identifier(name)}" for (name,) in columns)
    broken = " ".join(f"when {rule.bad_row(as_of)} then {number}" for number, rule in enumerate(rules))
    ids = ", ".join(f"({number}, {constant(rule.id)}, {constant(_column(rule))})" for number, rule in enumerate(rules))
    return f"""
        select
            checked._load_id, checked._source_file, checked._row_number, checked.payload,
            broken.rule, broken.column_name
        from (
            select
                _load_id, _source_file, _row_number, case {broken} end as first_broken,
                json_object({payload})::varchar as payload
            from ({rows.select})
        ) as checked
        join (values {ids}) as broken (number, rule, column_name) on broken.number = checked.first_broken
    """


def _column(rule: Rule) -> str | None:
    """The column a rule is about; none for a condition over several."""
    return rule.columns[0] if rule.columns else None
