"""Good files: formats, dialects, numbering, types, versions."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.extract import (
    hold_loads,
    mark_checked,
    prepare,
    unchecked_loads,
    unresolved,
)
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.extract.builders import COLUMNS, DAY, HEADER, NOW, contract, deliver, load, orders, query


def rows(settings: Settings) -> list[tuple[Any, ...]]:
    return query(settings, "select order_id, customer, amount, ordered_on from raw.shop__orders order by _row_number")


def test_a_row_and_its_audit_columns(settings: Settings) -> None:
    deliver(settings, f"{HEADER}\n7,Ada,1.50,2017-01-02\n")
    (result,) = load(settings, contract())
    assert (result.status, result.rows_in, result.rows_loaded, result.rows_quarantined) == ("loaded", 1, 1, 0)
    assert len(result.load_id) == 16
    assert query(settings, "select * from raw.shop__orders") == [
        (7, "Ada", Decimal("1.50"), date(2017, 1, 2), result.load_id, result.file, 1, DAY, NOW.replace(tzinfo=None))
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_line_ends_and_gzip(settings: Settings, ending: str, suffix: str) -> None:
    deliver(settings, orders(5).replace("\n", ending), suffix=suffix)
    (result,) = load(settings, contract(format=suffix))
    assert (result.status, result.rows_loaded) == ("loaded", 5)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("order of columns", "amount,ordered_on,customer,order_id\n1.5,2017-01-02,Ada,7\n", "Ada"),
        ("alias and case", "ORDER_ID, Client ,amount,ordered_on\n7,Ada,1.5,2017-01-02\n", "Ada"),
        ("byte order mark", f"\ufeff{HEADER}\n7,Ada,1.5,2017-01-02\n", "Ada"),
        ("quoted header", '"order_id","customer","amount","ordered_on"\n7,"Ada",1.5,2017-01-02\n', "Ada"),
        ("delimiter, quote and line end in a field", f'{HEADER}\n7,"A, ""B""\nC",1.5,2017-01-02\n', 'A, "B"\nC'),
        ("no end of the last line", f"{HEADER}\n7,Ada,1.5,2017-01-02", "Ada"),
        ("blank lines", f"{HEADER}\n\n7,Ada,1.5,2017-01-02\n\n", "Ada"),
        ("letters beyond ascii", f"{HEADER}\n7,客户,1.5,2017-01-02\n", "客户"),
        ("a quote within a field", f'{HEADER}\n7,5" pipe,1.5,2017-01-02\n', '5" pipe'),
    ],
)
def test_csv_as_it_comes(settings: Settings, name: str, content: str, expected: str) -> None:
    deliver(settings, content)
    (result,) = load(settings, contract())
    assert (name, result.status, result.reason) == (name, "loaded", None)
    assert rows(settings) == [(7, expected, Decimal("1.50"), date(2017, 1, 2))]


@pytest.mark.parametrize("format_", ["csv", "csv.gz"])
def test_another_encoding_and_dialect(settings: Settings, format_: str) -> None:
    text = "order_id;customer;amount;ordered_on\n7;Jürgen;1.234,50;02.01.2017\n8;Zoë;NULL;\n"
    data = text.encode("cp1252")
    deliver(settings, gzip.compress(data) if format_ == "csv.gz" else data, suffix=format_)
    german = {"encoding": "cp1252", "delimiter": ";", "decimal_separator": ",", "date_format": "%d.%m.%Y"}
    (result,) = load(settings, contract(format=format_, null_text="NULL", **german))
    assert result.status == "loaded"
    assert rows(settings)[0] == (7, "Jürgen", Decimal("1234.50"), date(2017, 1, 2))
    assert not list(settings.spill.glob("*")), "the rewritten file is gone"


def test_jsonl(settings: Settings) -> None:
    records = [
        {"order_id": 12345678901234, "client": 'A "B"', "amount": 1.5, "ordered_on": "2017-01-02"},
        {"ordered_on": "2017-01-03", "order_id": 2},
    ]
    deliver(settings, "\n".join(map(json.dumps, records)) + "\n\n", suffix="jsonl")
    (result,) = load(settings, contract(format="jsonl", file=r"orders_(?P<date>.{10})\.jsonl"))
    assert (result.status, result.rows_in) == ("loaded", 2)
    assert rows(settings) == [
        (12345678901234, 'A "B"', Decimal("1.50"), date(2017, 1, 2)),
        (2, None, None, date(2017, 1, 3)),
    ]


def test_parquet_is_cast_by_name(settings: Settings, tmp_path: Path) -> None:
    path = settings.inbox / "shop" / f"orders_{DAY}.parquet"
    path.parent.mkdir(parents=True)
    duckdb.execute(
        "copy (select 1.5::double as amount, 7::integer as Order_Id, 'Ada' as client, date '2017-01-02' as ordered_on "
        f"union all select 2, 8, null, null) to '{path}'"
    )
    (result,) = load(settings, contract(format="parquet", file=r"orders_(?P<date>.{10})\.parquet"))
    assert (result.status, result.rows_in) == ("loaded", 2)
    assert rows(settings) == [(7, "Ada", Decimal("1.50"), date(2017, 1, 2)), (8, None, Decimal("2.00"), None)]


def test_rows_are_numbered_by_file_over_many_files_and_layouts(settings: Settings) -> None:
    days = [DAY - timedelta(days=n) for n in range(12)]
    for position, day in enumerate(days):
        text = "".join(f"{n},C,1.00,2017-01-01\n" for n in range(1, position * 7 + 1))
        swapped = "".join(f"C,{n},1.00,2017-01-01\n" for n in range(1, position * 7 + 1))
        header = HEADER if position % 2 else "customer,order_id,amount,ordered_on"
        deliver(settings, f"{header}\n" + (text if position % 2 else swapped), day)
    results = load(settings, contract())
    assert sorted(result.rows_in for result in results) == [n * 7 for n in range(12)]
    assert query(settings, "select count(*) from raw.shop__orders where _row_number <> order_id") == [(0,)]


def test_rows_are_numbered_over_buffers_and_threads(settings: Settings) -> None:
    """Two files of more than one reader buffer (32 MB) each, in two scans."""
    for day in (DAY, DAY - timedelta(days=1)):
        path = settings.inbox / "shop" / f"orders_{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        duckdb.execute(
            f"copy (select range + 1 as order_id, repeat('x', 40) as customer, 1.5 as amount, '{day}' as ordered_on "
            f"from range(700000)) to '{path}' (header)"
        )
    assert [result.rows_loaded for result in load(settings, contract())] == [700_000, 700_000]
    wrong = "select count(*) from raw.shop__orders where _row_number <> order_id or ordered_on <> _business_on"
    assert query(settings, wrong) == [(0,)]


def test_the_same_contents_twice_add_nothing(settings: Settings) -> None:
    deliver(settings, orders(3))
    (first,) = load(settings, contract())
    deliver(settings, orders(3))
    deliver(settings, orders(3), DAY - timedelta(days=1))
    again = load(settings, contract())
    assert {(item.status, item.rows_in) for item in again} == {("duplicate", 0)}
    assert all(first.load_id in (item.reason or "") for item in again)
    assert query(settings, "select count(*) from raw.shop__orders") == [(3,)]


def test_a_restated_file_supersedes_and_both_are_kept(settings: Settings) -> None:
    deliver(settings, orders(3))
    (first,) = load(settings, contract())
    deliver(settings, orders(4))
    (second,) = load(settings, contract())
    deliver(settings, orders(3))
    (third,) = load(settings, contract())
    ledger = "select load_id, version, status, superseded_by from ops.loads order by version"
    assert query(settings, ledger) == [
        (first.load_id, 1, "superseded", second.load_id),
        (second.load_id, 2, "superseded", third.load_id),
        (third.load_id, 3, "loaded", None),
    ]
    assert query(settings, "select count(*) from raw.shop__orders") == [(10,)]


def test_an_empty_run_and_a_file_without_rows(settings: Settings) -> None:
    assert load(settings, contract()) == []
    deliver(settings, HEADER + "\n")
    (result,) = load(settings, contract(limits={"allow_empty": True}))
    assert (result.status, result.rows_in) == ("loaded", 0)


def test_late_files_end_in_the_state_of_files_in_order(tmp_path: Path) -> None:
    states = []
    days = [DAY - timedelta(days=n) for n in range(4)]
    for name, sequence in (("late", days), ("in order", days[::-1])):
        settings = Settings(home=tmp_path / name)
        for day in sequence:
            deliver(settings, orders(day.day), day)
            load(settings, contract())
        states.append(
            query(settings, "from raw.shop__orders order by all")
            + query(settings, "select * exclude (file_modified_at) from ops.loads order by all")
        )
    assert states[0] == states[1]


def test_checked_held_and_settled_loads(settings: Settings) -> None:
    deliver(settings, orders(3))
    (first,) = load(settings, contract())
    with connect(settings) as con:
        assert unchecked_loads(con, "shop", "orders") == [first.load_id]
        mark_checked(con, [first.load_id], NOW)
        assert unchecked_loads(con, "shop", "orders") == []
        hold_loads(con, [first.load_id], "orders_are_positive failed")
        (held,) = unresolved(con, as_of=DAY)
        assert (held.load_id, held.reason) == (first.load_id, "orders_are_positive failed")
        assert unresolved(con, as_of=DAY - timedelta(days=1)) == []
        assert unresolved(con, as_of=DAY, system="pos") == []
    deliver(settings, orders(3))
    (again,) = load(settings, contract())
    assert again.status == "loaded", "contents that were held are judged anew"
    with connect(settings) as con:
        assert unresolved(con, as_of=DAY) == []


def test_progress_is_told(settings: Settings) -> None:
    deliver(settings, orders(3))
    told: list[str] = []
    load(settings, contract(), progress=told.append)
    assert told == ["shop orders: 1 of 1 files"]
    with connect(settings) as con:
        prepare(con, settings, {"shop": contract(columns=COLUMNS)})


def test_a_utf_16_file_is_whole_though_its_characters_hold_the_byte_of_a_line_end(settings: Settings) -> None:
    text = f"{HEADER}\n1,上官,1.50,2017-01-01\n2,伊,2.50,2017-01-02\n"
    deliver(settings, text.encode("utf-16"))
    (result,) = load(settings, contract(encoding="utf-16"))
    assert (result.status, result.rows_loaded, result.rows_quarantined) == ("loaded", 2, 0)
    assert query(settings, "select customer from raw.shop__orders order by order_id") == [("上官",), ("伊",)]
