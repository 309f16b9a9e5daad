"""Values that a file should not hold: what spreadsheets leave of numbers, dates that cannot be, odd characters."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from dagster_project.settings import Settings
from tests.unit.extract.builders import COLUMNS, DAY, HEADER, contract, deliver, load, query

PHONE = {"name": "customer", "type": "varchar", "pii": "contact", "description": "Phone."}
GOOD = "9,0123456789,1.00,2017-01-01"


def one_row(settings: Settings, row: str, columns: list[dict[str, Any]]) -> tuple[Any, ...]:
    """Rows loaded, and rule and column of the row in quarantine."""
    deliver(settings, f"{HEADER}\n{row}\n{GOOD}\n")
    (result,) = load(settings, contract(columns=columns, limits={"bad_row_share": 0.5}))
    return (result.rows_loaded, query(settings, "select rule, column_name from quarantine.bad_rows"))


@pytest.mark.parametrize(
    ("row", "column", "name"),
    [
        ("1.38E+10,A,1.00,2017-01-01", COLUMNS[1], "order_id"),
        ("1.23457E+11,A,1.00,2017-01-01", COLUMNS[1], "order_id"),
        ("1,1.38E+10,1.00,2017-01-01", PHONE, "customer"),
        ("1,123456789,1.00,2017-01-01", PHONE | {"length": 10}, "customer"),
        ("1,123456789,1.00,2017-01-01", PHONE | {"pattern": r"0\d{9}"}, "customer"),
        ("1,1.3E+09,1.00,2017-01-01", PHONE | {"pattern": ".*"}, "customer"),
    ],
)
def test_what_a_spreadsheet_leaves_of_an_identifier(
    settings: Settings, row: str, column: dict[str, Any], name: str
) -> None:
    found = one_row(settings, row, [COLUMNS[0], column, *COLUMNS[2:]])
    assert found == (1, [("mangled", name)])


def test_a_text_of_another_length_is_just_that(settings: Settings) -> None:
    found = one_row(settings, "1,12345678901,1.00,2017-01-01", [COLUMNS[0], PHONE | {"length": 10}, *COLUMNS[2:]])
    assert found == (1, [("length", "customer")])


@pytest.mark.parametrize("number", ["12345678901", "123456789012", "-5", "0", "9223372036854775807"])
def test_long_numbers_are_not_mangled(settings: Settings, number: str) -> None:
    deliver(settings, f"{HEADER}\n{number},=1+1,1.00,2017-01-01\n")
    assert [result.status for result in load(settings, contract())] == ["loaded"]
    assert query(settings, "select order_id, customer from raw.shop__orders") == [(int(number), "=1+1")], "verbatim"


@pytest.mark.parametrize(
    ("day", "column", "is_good"),
    [
        ("1900-01-01", {}, False),
        ("1900-01-02", {}, True),
        ("9999-12-31", {}, False),
        ("2022-02-04", {}, True),
        ("2022-02-05", {}, False),
        ("9999-12-31", {"latest": "9999-12-31"}, True),
        ("2017-01-31", {"future_days": 0}, True),
        ("2017-02-01", {"future_days": 0}, False),
        ("2016-12-31", {"earliest": "2017-01-01"}, False),
        ("2017-06-02", {"latest": "2017-06-01"}, False),
        ("", {}, True),
    ],
)
@pytest.mark.parametrize("type_", ["date", "timestamp"])
def test_dates_that_cannot_be(settings: Settings, day: str, column: dict[str, Any], is_good: bool, type_: str) -> None:
    columns = [*COLUMNS[:3], COLUMNS[3] | column | {"type": type_}]
    time = " 23:59:59" if type_ == "timestamp" else ""
    deliver(settings, f"{HEADER}\n1,A,1.00,{day and day + time}\n2,B,1.00,\n")
    (result,) = load(settings, contract(columns=columns, limits={"bad_row_share": 0.5}))
    assert (result.rows_loaded, result.rows_quarantined) == ((2, 0) if is_good else (1, 1))
    rules = query(settings, "select rule, column_name from quarantine.bad_rows")
    assert rules == ([] if is_good else [("implausible_date", "ordered_on")])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "latin-1"])
def test_text_in_its_declared_encoding_is_kept(settings: Settings, encoding: str, packed: bool) -> None:
    name = "caf\xe9" if encoding == "latin-1" else "客户上\u010a\u0a0a"
    data = f'{HEADER}\r\n1,{name},1.00,2017-01-01\r\n2,"a ""b""\nc",2.00,2017-01-01\r\n'.encode(encoding)
    if encoding == "utf-16-be":
        data = b"\xfe\xff" + data
    suffix = "csv.gz" if packed else "csv"
    deliver(settings, gzip.compress(data) if packed else data, suffix=suffix)
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    (result,) = load(settings, contract(format=suffix, encoding=declared))
    assert (result.status, result.reason) == ("loaded", None)
    assert query(settings, "select customer, _row_number from raw.shop__orders order by 2") == [
        (name, 1), ('a "b"\nc', 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "bad"), [("utf-16-le", b"\x00\xd8\x41\x00"), ("gb18030", b"\xff\xff"), ("gb18030", b"\x81")]
)
def test_a_decoding_error_names_its_byte_wherever_it_lies(settings: Settings, encoding: str, bad: bytes) -> None:
    start = (HEADER + "\n" + "1,客,1.00,2017-01-01\n" * 20_000).encode(encoding)
    deliver(settings, start + bad)
    (result,) = load(settings, contract(encoding=encoding))
    assert result.status == "rejected"
    assert f"at byte {len(start):,}" in (result.reason or "")


def test_a_nul_and_three_megabytes_are_kept_exactly(settings: Settings) -> None:
    long = "x" * 3_000_000
    deliver(settings, f"{HEADER}\n1,a\0b,1.00,2017-01-01\n2,{long},1.00,2017-01-01\n")
    assert [result.rows_loaded for result in load(settings, contract())] == [2]
    assert query(settings, "select customer from raw.shop__orders order by order_id") == [("a\0b",), (long,)]


def test_ragged_rows_go_to_quarantine_with_their_line(settings: Settings) -> None:
    rows = [f"{n},A,1.00,2017-01-01" for n in range(1, 201)]
    rows[49] += ",surplus"
    rows[99] = "100,A"
    deliver(settings, "\n".join([HEADER, *rows]))
    (result,) = load(settings, contract())
    assert (result.rows_loaded, result.rows_quarantined) == (198, 2)
    assert query(settings, "select row_number, rule from quarantine.bad_rows order by 1") == [
        (50, "too_many_columns"), (100, "missing_columns"),
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["hold", "evolve", "discard_row"])
def test_a_phone_number_never_lands_in_the_name(settings: Settings, mode: str) -> None:
    columns = [COLUMNS[0], PHONE | {"name": "phone"}, PHONE | {"name": "full_name"}]
    source = contract(columns=columns, schema_mode=mode)
    deliver(settings, "full_name,order_id,phone\nAda,1,12900000001\n")
    deliver(settings, "phone,full_name,order_id\n12900000002,Bea,2\n", DAY.replace(day=30))
    deliver(settings, "order_id,Phone,name\n3,12900000003,Cem\n", DAY.replace(day=29))
    deliver(settings, "order_id,phone\n4,12900000004\n", DAY.replace(day=28))
    load(settings, source)
    found = query(settings, "select order_id, full_name, phone from raw.shop__orders order by 1")
    assert found[:2] == [(1, "Ada", "12900000001"), (2, "Bea", "12900000002")]
    assert all(name is None for _, name, _ in found[2:])
    assert len(found) == (4 if mode == "evolve" else 2)
