"""A lost row and a lost cent are located: system, business date, and the first stage where they are missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from dagster_project.quality.reconciliation import Difference, Feed, differences, reconcile
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, ensure_tables

NOW = datetime(2018, 1, 1, 5)  # noqa: DTZ001 - UTC without a zone, as tables hold it
TILLS = Feed("pos", "sales", ("amount",), "order_lines", {"amount": "sales_amount"})
PEOPLE = Feed("crm", "people")
DAYS = 5


@pytest.fixture
def con(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Five days of ten lines each, one bad row on the third; a snapshot that feeds nothing."""
    with connect(settings) as con:
        ensure_tables(con, settings)
        con.execute(
            f"""
            create schema raw; create schema conformed;
            create table raw.pos__sales as
            select line, 1.25::decimal(12, 2) as amount, 'd' || day as _load_id, line as _row_number,
                date '2017-01-01' + day::integer as _business_on
            from range({DAYS}) as days (day), range(1, 11) as lines (line) where not (day = 2 and line = 7);
            create table raw.crm__people as
            select 1 as person, 's' as _load_id, 1 as _row_number, date '2017-01-01' as _business_on;
            create view conformed.order_lines as
            select amount as sales_amount, _load_id as load_id, _business_on as business_on from raw.pos__sales;
            insert into quarantine.bad_rows by name select 'd2' as load_id, 'pos' as system, 'sales' as extract,
                'f' as source_file, 7 as row_number, 'cast' as rule, '2018-01-01'::timestamp as quarantined_at;
            """
        )
        for load_id, system, extract, mode, day, rows, bad in [
            *((f"d{day}", "pos", "sales", "append", day, 10, int(day == 2)) for day in range(DAYS)),
            ("s", "crm", "people", "snapshot", 0, 1, 0),
        ]:
            con.execute(
                """
                insert into ops.loads by name
                select $load_id as load_id, $system as system, $extract as extract, 'f' as file, 'x' as sha256,
                    date '2017-01-01' + $day::integer as business_on, 1 as version, $mode as load_mode,
                    'loaded' as status, $rows as rows_in, $rows - $bad as rows_loaded, $bad as rows_quarantined,
                    1 as bytes, 'r' as run_id, '2018-01-01'::timestamp as loaded_at,
                    '2018-01-01'::timestamp as file_modified_at
                """,
                {"load_id": load_id, "system": system, "extract": extract, "mode": mode, "day": day, "rows": rows,
                 "bad": bad},
            )  # fmt: skip
        yield con


def run(con: duckdb.DuckDBPyConnection, *, everything: bool = False) -> list[Difference]:
    return reconcile(con, [TILLS, PEOPLE], now=NOW, everything=everything)


def test_clean_days_agree_at_every_stage(con: duckdb.DuckDBPyConnection) -> None:
    assert run(con) == []
    found = con.execute(
        "select measure, at_source, in_ledger, in_raw, in_quarantine, in_conformed from ops.reconciliation"
        " where load_id in ('d2', 's') order by load_id, measure"
    ).fetchall()
    figures = [(row[0], *(None if figure is None else float(figure) for figure in row[1:])) for row in found]
    assert figures == [
        ("amount", None, 11.25, 11.25, None, 11.25),
        ("rows", 10, 10, 9, 1, 9),
        ("rows", 1, 1, 1, 0, None),
    ]
    assert con.execute("select count(*) from ops.reconciliation").fetchall() == [(2 * DAYS + 1,)]


def test_a_row_lost_in_raw_is_located(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from raw.pos__sales where _load_id = 'd3' and line = 4")
    [lost] = run(con)
    assert (lost.business_on, lost.measure, lost.stage) == (date(2017, 1, 4), "rows", "raw")
    assert str(lost) == "pos.sales 2017-01-04: rows differ from stage raw on, 10 expected, 9 found"


def test_a_cent_lost_on_the_way_to_conformed_is_located(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create or replace view conformed.order_lines as select amount - case when line = 5 and"
        " _business_on = '2017-01-02' then 0.01 else 0 end as sales_amount, _load_id as load_id,"
        " _business_on as business_on from raw.pos__sales"
    )
    assert run(con) == [
        Difference("pos", "sales", date(2017, 1, 2), "", "amount", "conformed", Decimal("12.5"), Decimal("12.49"))
    ]


def test_a_delivery_that_is_missing_from_conformed_as_a_whole_is_located(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create or replace view conformed.order_lines as select amount as sales_amount, _load_id as load_id,"
        " _business_on as business_on from raw.pos__sales where _load_id <> 'd1'"
    )
    assert [(d.business_on, d.measure, d.stage, d.found) for d in run(con)] == [
        (date(2017, 1, 2), "rows", "conformed", 0)
    ]


def test_a_cent_changed_later_is_found_when_everything_is_counted_again(con: duckdb.DuckDBPyConnection) -> None:
    run(con)
    con.execute("update raw.pos__sales set amount = 1.24 where _load_id = 'd4' and line = 1")
    assert run(con) == []
    assert [(d.business_on, d.measure, d.stage) for d in run(con, everything=True)] == [
        (date(2017, 1, 5), "amount", "raw")
    ]


def test_what_did_not_agree_is_counted_again_and_clears(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from raw.pos__sales where _load_id = 'd3' and line = 4")
    run(con)
    con.execute("insert into raw.pos__sales values (4, 1.25, 'd3', 4, '2017-01-04')")
    assert run(con) == []


def test_a_delivery_that_was_replaced_is_forgotten(con: duckdb.DuckDBPyConnection) -> None:
    run(con)
    con.execute("update ops.loads set status = 'superseded' where load_id = 'd3'")
    run(con)
    assert con.execute("select count(*) from ops.reconciliation where load_id = 'd3'").fetchall() == [(0,)]
    assert differences(con) == []


def test_control_totals_are_what_the_source_says(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("alter table ops.loads add column if not exists control_rows bigint")
    con.execute("alter table ops.loads add column if not exists control_sums varchar")
    con.execute("""update ops.loads set control_rows = 10, control_sums = '{"amount": "12.51"}' where load_id = 'd0'""")
    con.execute("update ops.loads set control_rows = 11 where load_id = 'd1'")
    assert [(d.business_on, d.measure, d.stage, d.expected, d.found) for d in run(con)] == [
        (date(2017, 1, 1), "amount", "ledger", Decimal("12.51"), Decimal("12.5")),
        (date(2017, 1, 2), "rows", "ledger", 11, 10),
    ]


def test_a_snapshot_reads_the_same_whether_it_was_counted_while_it_was_the_newest_or_later(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        "create view conformed.people as select _load_id as load_id, _business_on as business_on from raw.crm__people"
    )
    people = Feed("crm", "people", entity="people")

    def in_conformed() -> list[tuple[object, ...]]:
        assert reconcile(con, [TILLS, people], now=NOW) == []
        return con.execute(
            "select load_id, in_conformed from ops.reconciliation where extract = 'people' order by load_id"
        ).fetchall()

    assert in_conformed() == [("s", 1)]
    con.execute("create or replace view conformed.people as select 't' as load_id, date '2017-01-02' as business_on")
    con.execute("insert into raw.crm__people values (1, 't', 1, date '2017-01-02')")
    con.execute(
        "insert into ops.loads by name select * replace ('t' as load_id, date '2017-01-02' as business_on)"
        " from ops.loads where load_id = 's'"
    )
    grown = in_conformed()
    con.execute("delete from ops.reconciliation")
    assert grown == in_conformed() == [("s", None), ("t", 1)]
