"""Control files: a file waits for its own, and is what it says."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from dagster_project.extract import SourceContract, strays
from dagster_project.settings import Settings
from tests.unit.extract.builders import DAY, HEADER, contract, deliver, load, orders, query

JSON = {"file": ".ctl", "format": "json", "rows": "count", "sums": {"amount": "total", "order_id": "ids"}}


def controlled(**change: Any) -> SourceContract:
    return contract(control=JSON | change)


def send_control(settings: Settings, content: str, name: str = f"orders_{DAY}.csv.ctl") -> None:
    (settings.inbox / "shop" / name).write_text(content)


def test_a_file_waits_for_its_control_file_and_both_go(settings: Settings) -> None:
    deliver(settings, orders(3))
    assert load(settings, controlled()) == []
    send_control(settings, json.dumps({"count": 3, "total": "7.50", "ids": 6}))
    assert strays(settings, {"shop": controlled()}) == []
    (result,) = load(settings, controlled())
    assert (result.status, result.reason) == ("loaded", None)
    assert list((settings.inbox / "shop").iterdir()) == []
    assert [path.suffix for path in sorted((settings.landing / "shop").iterdir())] == [".csv", ".control"]
    ((rows, sums),) = query(settings, "select control_rows, control_sums from ops.loads")
    assert (rows, json.loads(sums)) == (3, {"amount": "7.50", "order_id": "6"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"count": 4, "total": 7.5, "ids": 6}, "4 rows expected, 3 read"),
        ({"count": 3, "total": 7.51, "ids": 6}, "sum of amount 7.51 expected, 7.50 read"),
        ({"count": 3, "ids": 6}, "has no field 'total'"),
        ({"count": "many", "total": 1, "ids": 6}, "is no json with numbers"),
        ([], "is no json with numbers"),
    ],
)
def test_what_differs_is_held_with_expected_and_got(settings: Settings, content: object, words: str) -> None:
    deliver(settings, orders(3))
    send_control(settings, json.dumps(content))
    (result,) = load(settings, controlled())
    assert (result.status, result.rows_loaded) == ("held", 0)
    assert words in (result.reason or "")
    assert query(settings, "select count(*) from raw.shop__orders") == [(0,)]


def test_a_file_cut_at_a_line_end_is_caught(settings: Settings) -> None:
    whole = orders(100)
    deliver(settings, whole[: whole.index("\n51,") + 1])
    send_control(settings, json.dumps({"count": 100}))
    (result,) = load(settings, controlled(sums={}))
    assert (result.status, result.reason) == (
        "held",
        "it is not what its control file says: 100 rows expected, 50 read",
    )


def test_rows_are_counted_before_quarantine(settings: Settings) -> None:
    rows = [f"{n},A,{'x' if n == 7 else '1.00'},2017-01-01" for n in range(1, 201)]
    deliver(settings, "\n".join([HEADER, *rows]))
    send_control(settings, json.dumps({"count": 200}))
    (result,) = load(settings, controlled(sums={}))
    assert (result.status, result.rows_in, result.rows_quarantined) == ("loaded", 200, 1)


def test_a_csv_control_file_with_a_name_of_its_own(settings: Settings) -> None:
    control = {"file": r"control_(?P<date>.{10})\.txt", "format": "csv", "rows": "n", "sums": {"amount": "eur"}}
    other = DAY - timedelta(days=1)
    for day in (DAY, other):
        deliver(settings, orders(day.day, start=day.day * 100), day)
    send_control(settings, "n,eur\n31,97201.50\n", f"control_{DAY}.txt")
    assert [(result.business_on, result.status) for result in load(settings, contract(control=control))] == [
        (DAY, "held")
    ]
    total = sum(n + 0.5 for n in range(3000, 3030))
    send_control(settings, f"n,eur\n30,{total}\n", f"control_{other}.txt")
    assert [(result.business_on, result.status) for result in load(settings, contract(control=control))] == [
        (other, "loaded")
    ]
