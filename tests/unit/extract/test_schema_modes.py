"""Schema modes: what becomes of a file whose columns are not those of the contract."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.settings import Settings
from tests.unit.extract.builders import COLUMNS, DAY, HEADER, contract, deliver, load, orders, query


def notes(settings: Settings) -> list[tuple[Any, ...]]:
    return query(settings, "select status, notes from ops.loads order by business_on")


def extras(settings: Settings) -> list[tuple[Any, ...]]:
    found = query(settings, "select order_id, customer, amount, _extra from raw.shop__orders order by order_id")
    return [(*row[:-1], json.loads(row[-1]) if row[-1] else None) for row in found]


def test_hold_names_column_nearest_header_and_owner(settings: Settings) -> None:
    deliver(settings, orders(3).replace("amount", "amount_eur"))
    (result,) = load(settings, contract())
    assert (result.status, result.reason) == (
        "held",
        "column amount is missing; the nearest header is 'amount_eur'; the owner is team:shop",
    )


def test_evolve_keeps_new_columns_as_json_and_fills_missing_ones_with_null(settings: Settings) -> None:
    deliver(settings, 'ordered_on,Colour "x",order_id,amount_eur\n2017-01-02,red,7,1.50\n2017-01-03,,8,2.50\n')
    (result,) = load(settings, contract(schema_mode="evolve"))
    assert result.status == "loaded"
    assert extras(settings) == [
        (7, None, None, {'Colour "x"': "red", "amount_eur": "1.50"}),
        (8, None, None, {'Colour "x"': None, "amount_eur": "2.50"}),
    ]
    assert notes(settings) == [
        (
            "loaded",
            "column customer is missing; column amount is missing; the nearest header is 'amount_eur'; "
            "new in _extra: (column 2), 'amount_eur'",
        )
    ]


def test_evolve_of_a_file_as_agreed_notes_nothing_and_bad_rows_keep_their_place(settings: Settings) -> None:
    deliver(settings, orders(200), DAY.replace(day=30))
    rows = "\n".join(f"{n},C,{'bad' if n == 50 else '1.00'},2017-01-01,e{n}" for n in range(1, 201))
    deliver(settings, f"{HEADER},extra\n{rows}\n")
    results = load(settings, contract(schema_mode="evolve"))
    assert [(item.rows_loaded, item.rows_quarantined) for item in results] == [(200, 0), (199, 1)]
    assert notes(settings) == [("loaded", None), ("loaded", "new in _extra: 'extra'")]
    wrong = (
        "select count(*) from raw.shop__orders where _extra is not null and _extra <> '{\"extra\":\"e'||order_id||'\"}'"
    )
    assert query(settings, wrong) == [(0,)]
    assert query(settings, "select row_number from quarantine.bad_rows") == [(50,)]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("customer,amount,ordered_on", "column order_id is missing"),
        (f"{HEADER},", "does not know: (column 5)"),
        (f"{HEADER},x,X", "more than one column for an unknown header"),
        ("a,b,c,d", "column order_id is missing"),
    ],
)
def test_evolve_still_holds_what_cannot_be_told_apart(settings: Settings, header: str, words: str) -> None:
    deliver(settings, f"{header}\n" + ",".join("1" * len(header.split(","))) + "\n")
    (result,) = load(settings, contract(schema_mode="evolve"))
    assert result.status == "held"
    assert words in (result.reason or "")


def test_evolve_of_jsonl_keeps_every_unknown_key_of_every_record(settings: Settings) -> None:
    records: list[dict[str, Any]] = [
        {"order_id": 1, "client": "Ada", "colour": "red"},
        {"order_id": 2, "amount": 1.5, "size": {"w": 1, "h": None}},
        {"order_id": 3},
    ]
    deliver(settings, "\n".join(map(json.dumps, records)), suffix="jsonl")
    source = contract(format="jsonl", file=r"orders_(?P<date>.{10})\.jsonl", schema_mode="evolve")
    assert [result.status for result in load(settings, source)] == ["loaded"]
    assert extras(settings) == [
        (1, "Ada", None, {"colour": "red"}),
        (2, None, Decimal("1.50"), {"size": {"w": 1, "h": None}}),
        (3, None, None, None),
    ]
    assert notes(settings) == [("loaded", "new in _extra: 'colour'")]


def test_evolve_of_parquet(settings: Settings) -> None:
    path: Path = settings.inbox / "shop" / f"orders_{DAY}.parquet"
    path.parent.mkdir(parents=True)
    duckdb.execute(f"copy (select 7 as order_id, 1.5 as amount, date '2017-01-02' as since) to '{path}'")
    source = contract(format="parquet", file=r"orders_(?P<date>.{10})\.parquet", schema_mode="evolve")
    assert [result.status for result in load(settings, source)] == ["loaded"]
    assert extras(settings) == [(7, None, Decimal("1.50"), {"since": "2017-01-02"})]


def test_discard_row_quarantines_whatever_the_share(settings: Settings) -> None:
    rows = [f"{n},A,{'1.00' if n % 3 else 'x'},2017-01-01" for n in range(1, 10)]
    rows[0] += ",surplus"
    deliver(settings, "\n".join([HEADER, *rows]))
    deliver(settings, orders(3).replace("amount", "sum"), DAY.replace(day=30))
    held, loaded = load(settings, contract(schema_mode="discard_row"))
    assert (loaded.status, loaded.rows_loaded, loaded.rows_quarantined) == ("loaded", 5, 4)
    assert held.status == "held", "another header is not a matter of rows"


def test_other_modes_have_no_extra_column(settings: Settings) -> None:
    deliver(settings, orders(1))
    load(settings, contract(columns=COLUMNS))
    names = query(settings, "select column_name from duckdb_columns() where table_name = 'shop__orders'")
    assert ("_extra",) not in names
