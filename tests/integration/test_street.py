"""The whole graph in one process on tiny extracts: what a data engineer relies on from one night to the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import duckdb
import pytest

from dagster_project import audit, launch
from dagster_project.publish.query import run_query
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, quote
from tests.fixtures import tiny_retail

LAST = tiny_retail.LAST
BEFORE = LAST - timedelta(days=1)


def run(settings: Settings, as_of=LAST, **options) -> launch.RunSummary:
    return launch.run_daily(settings, as_of, progress=lambda _: None, **options)


def published(settings: Settings, sql: str) -> list[tuple]:
    with duckdb.connect(":memory:") as con:
        con.execute(f"attach {quote(settings.release_file)} as release (read_only)")
        con.execute("use release")
        return con.execute(sql).fetchall()


def tables(settings: Settings) -> dict[str, tuple[int, int]]:
    """Rows and an order-independent hash of every published table, without the ledger's clocks."""
    names = published(
        settings,
        "select schema_name || '.' || table_name from duckdb_tables() where schema_name <> 'ops' order by 1",
    )
    return {
        name: published(settings, f"select count(*), sum(hash(t)::hugeint) from {name} as t")[0]  # type: ignore[misc]
        for (name,) in names
    }


def test_every_extract_row_is_loaded_or_quarantined(finished: Settings) -> None:
    with connect(finished, read_only=True) as con:
        files, unequal = con.execute(
            "select count(*), count_if(rows_in <> rows_loaded + rows_quarantined) from ops.loads"
        ).fetchone()
    assert (files > tiny_retail.DAYS, unequal) == (True, 0)


def test_the_published_file_agrees_with_the_extracts(finished: Settings) -> None:
    with connect(finished, read_only=True) as con:
        raw = con.execute(
            "select count(*), count(distinct basket_id), count(distinct household_id), sum(sales_value)"
            " from raw.pos__transactions"
        ).fetchone()
    marts = published(
        finished,
        "select count(*), count(distinct order_id), count(distinct customer_id), sum(sales_amount)"
        " from marts.fct_order_lines",
    )[0]
    assert marts == raw


def test_one_state_per_customer_and_day_and_flows_that_balance(finished: Settings) -> None:
    doubled = published(
        finished,
        "select count_if(states <> 1)"
        " from (select customer_id, day_on, count(*) as states from marts.customer_lifecycle_daily group by all)",
    )[0][0]
    missing = published(
        finished,
        "select count(*) from marts.dim_customers where first_order_on is not null"
        " and customer_id not in (select customer_id from marts.customer_lifecycle_daily)",
    )[0][0]
    days = published(
        finished,
        f"""
        select count_if(days <> date_diff('day', first_order_on, date '{BEFORE}') + 1)
        from marts.dim_customers
        join (select customer_id, count(*) as days from marts.customer_lifecycle_daily group by all) using (customer_id)
        """,
    )[0][0]
    unbalanced = published(
        finished,
        "select count_if(opening_customers + entered_customers - left_customers <> closing_customers)"
        " from marts.customer_lifecycle_flows",
    )[0][0]
    assert (doubled, missing, days, unbalanced) == (0, 0, 0, 0)


def test_a_second_run_of_the_same_day_changes_nothing(finished: Settings, home: Callable[..., Settings]) -> None:
    again = home()
    before = tables(again)
    summary = run(again, BEFORE)
    assert (summary.released, tables(again)) == (False, before)


def test_one_more_day_equals_a_rebuild_from_nothing(home: Callable[..., Settings], settings: Settings) -> None:
    step = home()
    tiny_retail.write_inbox(step.inbox, since=LAST)
    run(step)
    tiny_retail.write_inbox(settings.inbox)
    run(settings)
    assert tables(step) == tables(settings)


def test_a_full_refresh_gives_the_same_tables(home: Callable[..., Settings]) -> None:
    refreshed = home()
    before = tables(refreshed)
    run(refreshed, BEFORE, full_refresh=True)
    assert tables(refreshed) == before


def test_every_figure_is_the_same_at_every_stage(finished: Settings) -> None:
    [(figures, followed, differing)] = published(
        finished, "select count(*), count(in_conformed), count(first_difference) from ops.reconciliation"
    )
    assert (figures > tiny_retail.DAYS, followed > tiny_retail.DAYS, differing) == (True, True, 0)


def test_the_house_keeps_books_of_its_own_work(finished: Settings) -> None:
    with connect(finished, read_only=True) as con:
        runs = con.execute("select job, status, failures, seconds > 0 from ops.run_health").fetchall()
        chain = audit.verify(con)
        events = {event for (event,) in con.execute("select distinct event from ops.audit_log").fetchall()}
    assert runs == [("daily", "success", 0, True)]
    assert chain.broken_at is None
    assert {"run started", "load accepted", "release published", "export written", "run ended"} <= events
    late = published(finished, "select extract, is_late from ops.source_inventory where system = 'pos'")
    assert late == [("transactions", False)]
    assert published(finished, "select count(*) > 5 from ops.storage where kind = 'folder' and bytes > 0") == [(True,)]


def test_check_results_come_from_all_engines(finished: Settings) -> None:
    engines = published(finished, "select distinct engine from ops.check_results order by 1")
    assert [name for (name,) in engines] == ["dagster", "dbt", "great_expectations"]


@pytest.mark.parametrize("column", ["churn_probability", "value_at_risk_amount", "reason_1_text", "suggested_action"])
def test_the_churn_list_is_complete(finished: Settings, column: str) -> None:
    query = f"select count(*), count_if({column} is null) from activation.act_churn_list"
    rows, missing = published(finished, query)[0]
    assert (rows > 0, missing) == (True, 0)


def test_saved_queries_run_on_the_release(finished: Settings) -> None:
    queries = sorted(finished.queries.glob("*.sql"))
    empty = [path.name for path in queries if not run_query(finished, path.read_text(encoding="utf-8")).rows]
    # Two ask for what must not be there, two for what a retailer without costs and contracts has none of.
    expected = ["churn_by_level.sql", "figures_that_differ.sql", "flows_that_do_not_balance.sql",
                "loss_making_customers.sql"]  # fmt: skip
    assert (len(queries) > 5, empty) == (True, expected)


def test_five_readers_see_no_error_while_a_run_writes(home: Callable[..., Settings]) -> None:
    written = home()
    tiny_retail.write_inbox(written.inbox, since=LAST)
    stop, errors, answers = threading.Event(), [], []

    def read() -> None:
        while not stop.is_set():
            try:
                answers.append(run_query(written, "select count(*) from marts.fct_order_lines").rows[0][0])
            except Exception as error:  # noqa: BLE001 - whatever a reader meets is the finding
                errors.append(error)
            stop.wait(0.2)

    readers = [threading.Thread(target=read) for _ in range(5)]
    for reader in readers:
        reader.start()
    summary = run(written)
    stop.set()
    for reader in readers:
        reader.join()
    assert (errors, summary.released, len(set(answers)) <= 2, len(answers) > 20) == ([], True, True, True)
