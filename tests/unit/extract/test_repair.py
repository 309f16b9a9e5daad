"""Quarantined rows come back through the same door, once, and the ledger still adds up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dagster_project import audit
from dagster_project.errors import ConfigurationError
from dagster_project.extract import load_extracts, prepare
from dagster_project.extract.contract import SourceContract
from dagster_project.extract.payload import export_text, read_corrected
from dagster_project.extract.quarantine import originals
from dagster_project.extract.repair import Door, Returned
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.extract.builders import DAY, HEADER, NOW, contract, deliver, orders, query

LENIENT = {"bad_row_share": 0.5}
BAD = "101,Anna Muster,12.x,2017-01-05\n102,Bert Muster,1.50,06.01.2017\n"
GOOD: Mapping[int, Mapping[str, str | None]] = {
    11: {"order_id": "101", "customer": "Anna Muster", "amount": "12.00", "ordered_on": "2017-01-05"},
    12: {"order_id": "102", "customer": "Bert Muster", "amount": "1.50", "ordered_on": "2017-01-06"},
}


def take(settings: Settings, source: SourceContract) -> str:
    """Load what is delivered; the id of the load that stands."""
    with connect(settings) as con:
        prepare(con, settings, {source.system: source})
        load_extracts(con, settings, source, as_of=DAY, now=NOW, run_id="run")
    [(load_id,)] = query(settings, "select load_id from ops.loads where status = 'loaded' and repairs_load_id is null")
    return str(load_id)


@pytest.fixture
def load_id(settings: Settings) -> str:
    """Ten good rows in raw, two bad ones in quarantine."""
    deliver(settings, orders(10) + BAD)
    return take(settings, contract(limits=LENIENT))


def through(settings: Settings, load_id: str, source: SourceContract | None = None, **rules: str) -> Any:
    """Repair or replay at the door: `through(...)(lambda door: door.replay())`."""
    source = source or contract(limits=LENIENT)

    def act(what: Any) -> Returned:
        with connect(settings) as con:
            prepare(con, settings, {source.system: source})
            door = Door(con, settings, source, source.extracts[0], load_id, rules, NOW, "steward")
            result: Returned = what(door)
            return result

    return act


def state(settings: Settings) -> list[tuple[Any, ...]]:
    """Everything that a repair may change."""
    return [
        *query(settings, "select load_id, status, rows_in, rows_loaded, rows_quarantined from ops.loads order by all"),
        *query(settings, "select row_number, status, settled_by from quarantine.bad_rows order by all"),
        *query(settings, "select * exclude (_loaded_at) from raw.shop__orders order by all"),
        *query(settings, "select hash from ops.audit_log order by event_number"),
    ]


def test_corrected_rows_are_in_raw_under_a_load_that_names_the_delivery(settings: Settings, load_id: str) -> None:
    result = through(settings, load_id)(lambda door: door.repair(GOOD))
    assert (result.rows, result.rows_open, result.is_new) == (2, 0, True)
    assert query(
        settings,
        "select load_id, repairs_load_id, part, version, business_on, rows_in, rows_loaded, rows_quarantined"
        " from ops.loads where repairs_load_id is not null",
    ) == [(result.load_id, load_id, "~1", 1, DAY, 2, 2, 0)]
    assert query(
        settings,
        f"select order_id, amount::varchar, _row_number, _source_file from raw.shop__orders"
        f" where _load_id = '{result.load_id}' order by 1",
    ) == [(101, "12.00", 11, "orders_2017-01-31.csv"), (102, "1.50", 12, "orders_2017-01-31.csv")]
    assert query(settings, "select row_number, status, settled_by from quarantine.bad_rows order by 1") == [
        (11, "repaired", result.load_id),
        (12, "repaired", result.load_id),
    ]
    assert query(settings, "select count(*) from ops.loads where rows_in <> rows_loaded + rows_quarantined") == [(0,)]


def test_a_repair_twice_changes_nothing(settings: Settings, load_id: str) -> None:
    first = through(settings, load_id)(lambda door: door.repair(GOOD))
    before = state(settings)
    again = through(settings, load_id)(lambda door: door.repair(GOOD))
    assert (again.load_id, again.is_new) == (first.load_id, False)
    assert state(settings) == before


def test_rows_that_are_still_bad_refuse_the_whole_file_without_values(settings: Settings, load_id: str) -> None:
    before = state(settings)
    bad = {**GOOD, 12: {**GOOD[12], "ordered_on": "tomorrow"}}
    with pytest.raises(
        ConfigurationError, match=r"1 of 2 rows are still bad: row 12 breaks cast in ordered_on"
    ) as told:
        through(settings, load_id)(lambda door: door.repair(bad))
    assert "tomorrow" not in str(told.value)
    assert state(settings) == before


def test_rules_of_the_suite_hold_at_the_door(settings: Settings, load_id: str) -> None:
    act = through(settings, load_id, big_orders='"amount" > 10 and _business_on is not null')
    with pytest.raises(ConfigurationError, match="row 11 breaks big_orders"):
        act(lambda door: door.repair(GOOD))


def test_a_row_that_is_not_in_quarantine_is_refused(settings: Settings, load_id: str) -> None:
    with pytest.raises(ConfigurationError, match="rows 3 are not open"):
        through(settings, load_id)(lambda door: door.repair({3: GOOD[11]}))


def test_some_rows_now_and_the_others_later(settings: Settings, load_id: str) -> None:
    first = through(settings, load_id)(lambda door: door.repair({11: GOOD[11]}))
    second = through(settings, load_id)(lambda door: door.repair({12: GOOD[12]}))
    assert (first.rows_open, second.rows_open) == (1, 0)
    parts = query(settings, "select part, status from ops.loads where repairs_load_id is not null order by 1")
    assert parts == [("~1", "loaded"), ("~2", "loaded")]


def test_replay_brings_back_what_a_new_contract_accepts(settings: Settings, load_id: str) -> None:
    assert through(settings, load_id)(lambda door: door.replay()) == Returned(None, 0, 2, is_new=False)
    loosened = contract(limits=LENIENT, date_format="%d.%m.%Y")
    result = through(settings, load_id, loosened)(lambda door: door.replay())
    assert (result.rows, result.rows_open) == (1, 1)
    assert query(settings, "select row_number, status from quarantine.bad_rows order by 1") == [
        (11, "open"),
        (12, "replayed"),
    ]
    before = state(settings)
    assert through(settings, load_id, loosened)(lambda door: door.replay()).load_id is None
    assert state(settings) == before


def test_a_new_delivery_of_the_day_takes_the_place_of_its_repairs(settings: Settings, load_id: str) -> None:
    through(settings, load_id)(lambda door: door.repair(GOOD))
    deliver(settings, orders(12))
    newer = take(settings, contract(limits=LENIENT))
    assert query(settings, "select status, superseded_by from ops.loads where repairs_load_id is not null") == [
        ("superseded", newer)
    ]


def test_a_repair_that_the_gate_holds_can_be_repaired(settings: Settings, load_id: str) -> None:
    first = through(settings, load_id)(lambda door: door.repair(GOOD))
    with connect(settings) as con:
        con.execute("update ops.loads set status = 'held' where load_id = $id", {"id": first.load_id})
    second = through(settings, load_id)(lambda door: door.repair({11: {**GOOD[11], "amount": "13.00"}}))
    assert query(
        settings, "select status, superseded_by from ops.loads where load_id = '" + str(first.load_id) + "'"
    ) == [("superseded", second.load_id)]
    assert query(settings, "select row_number, status, settled_by from quarantine.bad_rows order by 1") == [
        (11, "repaired", second.load_id),
        (12, "open", None),
    ]


def test_rows_of_a_suite_come_back_with_their_values(settings: Settings) -> None:
    source = contract(limits=LENIENT, date_format="%d.%m.%Y", decimal_separator=",", delimiter=";")
    deliver(settings, HEADER.replace(",", ";") + "\n1;A;1.000,50;31.01.2017\n2;B;2,00;30.01.2017\n")
    load_id = take(settings, source)
    with connect(settings) as con:
        con.execute(
            "insert into quarantine.bad_rows by name select _load_id as load_id, 'shop' as system, 'orders' as extract,"
            " _source_file as source_file, _row_number as row_number, 'too_big' as rule,"
            " json_object('order_id', order_id, 'customer', customer, 'amount', amount, 'ordered_on',"
            " ordered_on)::varchar"
            " as payload, _loaded_at as quarantined_at from raw.shop__orders where order_id = 1"
        )
        con.execute("delete from raw.shop__orders where order_id = 1")
        con.execute("update ops.loads set rows_loaded = 1, rows_quarantined = 1")
    through(settings, load_id, source)(lambda door: door.replay())
    assert query(
        settings, "select order_id, amount::varchar, ordered_on::varchar from raw.shop__orders order by 1"
    ) == [
        (1, "1000.50", "2017-01-31"),
        (2, "2.00", "2017-01-30"),
    ]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_export_holds_the_open_rows_and_reads_back(
    settings: Settings, load_id: str, tmp_path: Path, kind: str
) -> None:
    extract = contract().extracts[0]
    with connect(settings) as con:
        text = export_text(extract, originals(con, load_id), kind)
    path = tmp_path / f"bad.{kind}"
    path.write_text(text.replace("12.x", "12.00"), encoding="utf-8")
    rows = read_corrected(extract, path)
    assert set(rows) == {11, 12}
    assert rows[11] == GOOD[11]


def test_a_broken_line_is_exported_as_it_stands_and_never_replayed(settings: Settings) -> None:
    deliver(settings, orders(5) + "6,too,many,fields,here\n")
    load_id = take(settings, contract(limits=LENIENT))
    with connect(settings) as con:
        [record] = map(json.loads, export_text(contract().extracts[0], originals(con, load_id), "jsonl").splitlines())
    assert (record["_line"].strip(), record["order_id"]) == ("6,too,many,fields,here", None)
    assert through(settings, load_id)(lambda door: door.replay()).rows == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("_row_number,order_id\n11,1\n", "other columns"),
        (f"_row_number,{HEADER}\nx,1,Anna,1,2017-01-01\n", "no row number"),
        (f"_row_number,{HEADER}\n11,1,Anna,1,2017-01-01\n11,1,Anna,1,2017-01-01\n", "no row number of its own"),
    ],
)
def test_a_file_of_another_shape_is_refused_without_quoting_it(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=reason) as told:
        read_corrected(contract().extracts[0], path)
    assert "Anna" not in str(told.value)


def test_every_step_is_in_the_audit_log_and_the_chain_holds(settings: Settings, load_id: str) -> None:
    result = through(settings, load_id)(lambda door: door.repair(GOOD))
    events = query(settings, "select actor, event, object, detail from ops.audit_log order by event_number")
    assert events == [
        ("run run", "load accepted", load_id, "shop.orders 2017-01-31: 10 rows loaded, 2 quarantined"),
        ("steward", "quarantine repaired", load_id, f"shop.orders: 2 rows as load {result.load_id}"),
    ]
    with connect(settings) as con:
        assert audit.verify(con).broken_at is None
        con.execute("update ops.audit_log set detail = 'nothing' where event_number = 1")
        assert audit.verify(con).broken_at == 1


def test_a_deleted_event_breaks_the_chain(settings: Settings, load_id: str) -> None:
    through(settings, load_id)(lambda door: door.repair(GOOD))
    with connect(settings) as con:
        con.execute("delete from ops.audit_log where event_number = 1")
        assert audit.verify(con).broken_at == 1
