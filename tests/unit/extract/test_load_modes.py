"""Load modes: raw keeps every row, and the macros of staging tell which one counts on which day."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from dagster_project.extract import LoadResult, SourceContract
from dagster_project.settings import Settings
from tests.unit.extract.builders import COLUMNS, DAY, contract, load, query
from tests.unit.extract.macros import read

FILE = r"orders_(?P<date>\d{4}-\d{2}-\d{2})(_(?P<part>\d\d))?\.csv"
KEY = [*COLUMNS[:1], {"name": "plan", "type": "varchar", "description": "Plan."}]
CHANGE: list[dict[str, Any]] = [
    {"name": "op", "type": "varchar", "nullable": False, "codes": ["I", "U", "D"], "description": "Operation."},
    {"name": "number", "type": "bigint", "nullable": False, "description": "Sequence."},
]
TABLE = "source('raw', 'shop__orders')"
UPSERT = f"current_rows({TABLE}, key=['order_id'])"
CDC = f"current_rows({TABLE}, key=['order_id'], sequence='number', operation='op')"


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def source(mode: str) -> SourceContract:
    extra: dict[str, Any] = {"limits": {"vanish_share": 1.0}}
    if mode == "cdc":
        extra = {"changes": {"operation": "op", "sequence": "number"}}
    columns = KEY + (CHANGE if mode == "cdc" else [])
    return contract(load_mode=mode, primary_key=["order_id"], columns=columns, file=FILE, **extra)


def send(settings: Settings, mode: str, number: int, rows: str, part: str = "") -> None:
    """A file of the day `number` with rows such as `1,gold 2,basic`."""
    path = settings.inbox / "shop" / f"orders_{day(number)}{part and '_' + part}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    header = "order_id,plan,op,number" if mode == "cdc" else "order_id,plan"
    path.write_text("\n".join([header, *rows.split()]) + "\n")


def run(settings: Settings, mode: str, as_of: int = 9) -> list[LoadResult]:
    return load(settings, source(mode), as_of=day(as_of))


def test_a_record_missing_from_the_newest_snapshot_is_closed(settings: Settings) -> None:
    for number, rows in enumerate(("1,a 2,b", "1,a 2,b 3,c", "1,z 3,c")):
        send(settings, "snapshot", number, rows)
    run(settings, "snapshot")
    assert read(settings, f"current_rows({TABLE})", "order_id, plan", day(9)) == [(1, "z"), (3, "c")]
    assert read(settings, f"current_rows({TABLE})", "order_id, plan", day(0)) == [(1, "a"), (2, "b")]
    history = read(settings, f"snapshot_versions({TABLE})", "order_id, plan, valid_from_on, valid_to_on", day(9))
    assert [row for row in history if row[0] == 2] == [(2, "b", day(0), day(1)), (2, "b", day(1), day(2))]
    assert [row for row in history if row[3] is None] == [(1, "z", day(2), None), (3, "c", day(2), None)]


@pytest.mark.parametrize("mode", ["snapshot", "upsert"])
def test_a_state_may_come_back(settings: Settings, mode: str) -> None:
    for number, rows in enumerate(("1,a", "1,b", "1,a")):
        send(settings, mode, number, rows)
    assert [result.status for result in run(settings, mode)] == ["loaded"] * 3
    expression = UPSERT if mode == "upsert" else f"current_rows({TABLE})"
    assert read(settings, expression, "plan", day(9)) == [("a",)]
    assert read(settings, expression, "plan", day(1)) == [("b",)]


def test_upserted_rows_replace_by_date_then_part_then_row(settings: Settings) -> None:
    send(settings, "upsert", 0, "1,a 2,a 3,a")
    send(settings, "upsert", 1, "1,b 1,c", part="07")
    send(settings, "upsert", 1, "2,d", part="08")
    send(settings, "upsert", 1, "2,b", part="06")
    run(settings, "upsert")
    assert read(settings, UPSERT, "order_id, plan", day(9)) == [(1, "c"), (2, "d"), (3, "a")]
    assert read(settings, UPSERT, "order_id, plan", day(0)) == [(1, "a"), (2, "a"), (3, "a")]
    versions = f"record_versions({TABLE}, key=['order_id'])"
    assert read(settings, versions, "order_id, plan, valid_from_on, valid_to_on", day(9))[:2] == [
        (1, "a", day(0), day(1)),
        (1, "c", day(1), None),
    ]
    assert query(settings, "select count(*) from raw.shop__orders") == [(7,)], "raw keeps every row"


def test_changes_count_by_sequence_wherever_they_come(settings: Settings) -> None:
    send(settings, "cdc", 0, "1,a,I,10 2,a,I,11 3,a,I,12")
    send(settings, "cdc", 1, "1,c,U,30 2,a,D,31")
    send(settings, "cdc", 2, "1,b,U,20 3,b,U,21")
    run(settings, "cdc")
    assert read(settings, CDC, "order_id, plan", day(9)) == [(1, "c"), (3, "b")]
    assert read(settings, CDC, "order_id, plan", day(0)) == [(1, "a"), (2, "a"), (3, "a")]
    versions = f"record_versions({TABLE}, key=['order_id'], sequence='number', operation='op')"
    assert read(settings, versions, "order_id, plan, valid_from_on, valid_to_on", day(9)) == [
        (1, "a", day(0), day(1)),
        (1, "c", day(1), None),
        (2, "a", day(0), day(1)),
        (3, "a", day(0), day(2)),
        (3, "b", day(2), None),
    ]


def test_a_restatement_keeps_both_versions_and_what_was_known_when(settings: Settings) -> None:
    send(settings, "append", 0, "1,a 2,a")
    run(settings, "append", as_of=0)
    send(settings, "append", 1, "3,a")
    run(settings, "append", as_of=1)
    send(settings, "append", 0, "1,b")
    run(settings, "append", as_of=3)
    ledger = "select version, status, known_from_on, known_to_on from ops.loads where business_on = $$%s$$ order by 1"
    assert query(settings, ledger % day(0)) == [
        (1, "superseded", day(0), day(3)),
        (2, "loaded", day(3), None),
    ]
    for on, rows in ((0, [(1, "a"), (2, "a")]), (2, [(1, "a"), (2, "a"), (3, "a")]), (3, [(1, "b"), (3, "a")])):
        known = f"current_rows({TABLE}, loads=known_loads('{day(on)}'))"
        assert read(settings, known, "order_id, plan", day(9)) == rows
    assert query(settings, "select count(*) from raw.shop__orders") == [(4,)]


#: Versions of days 0 to 3; what is sent for a day keeps its order, days come in any.
FILES = {
    "append": {0: ["1,a 2,a", "1,b"], 1: ["3,a"], 2: ["4,a", "4,b 5,b", "4,a"], 3: ["6,a"]},
    "snapshot": {0: ["1,a 2,a"], 1: ["1,b 3,b", "1,b 3,c"], 2: ["1,a 2,a"], 3: ["1,c"]},
    "upsert": {0: ["1,a 2,a 3,a"], 1: ["1,b", "2,b"], 2: ["1,a 3,c"], 3: ["2,d", "2,d 4,d"]},
    "cdc": {0: ["1,a,I,1 2,a,I,2"], 1: ["1,b,U,5", "1,b,U,5 3,b,I,6"], 2: ["2,c,D,4"], 3: ["1,c,U,3 3,c,U,7"]},
}
READERS = {"append": f"current_rows({TABLE})", "snapshot": f"snapshot_versions({TABLE})", "upsert": UPSERT, "cdc": CDC}


def state(mode: str, steps: list[list[int]]) -> list[tuple[Any, ...]]:
    """What stands after the deliveries came in these runs; each number takes the next version of its day."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), lock_wait_seconds=0)
        left = {number: list(versions) for number, versions in FILES[mode].items()}
        for step in steps:
            for number in step:
                send(settings, mode, number, left[number].pop(0))
            run(settings, mode)
        columns = "* exclude (_loaded_at)"
        return read(settings, READERS[mode], columns, day(9)) + read(settings, READERS[mode], columns, day(2))


@st.composite
def runs(draw: st.DrawFn, mode: str) -> list[list[int]]:
    """The deliveries in any order of days, cut into runs in which a day comes once."""
    sequence = draw(st.permutations([number for number, sent in FILES[mode].items() for _ in sent]))
    steps: list[list[int]] = [[]]
    for number in sequence:
        if number in steps[-1] or draw(st.booleans()):
            steps.append([])
        steps[-1].append(number)
    return [step for step in steps if step]


@pytest.mark.parametrize("mode", ["append", "snapshot", "upsert", "cdc"])
def test_any_order_of_deliveries_ends_in_one_state(mode: str) -> None:
    in_order = state(mode, [[number] for number, sent in FILES[mode].items() for _ in sent])

    @effort(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(runs(mode))
    @example([[number] for number, sent in reversed(FILES[mode].items()) for _ in sent])
    def check(steps: list[list[int]]) -> None:
        assert state(mode, steps) == in_order

    check()
    assert in_order
