"""The inbox: what is taken, what waits, what is reported."""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest

from dagster_project.extract import latest_business_date, prepare, strays
from dagster_project.extract.intake import deliveries
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.extract.builders import DAY, NOW, contract, deliver, load, orders


def names(settings: Settings, **extract: object) -> list[str]:
    return [item.file for item in deliveries(settings, contract(**extract), now=NOW)]


def test_files_of_later_days_wait(settings: Settings) -> None:
    deliver(settings, orders(1))
    later = deliver(settings, orders(2), DAY + timedelta(days=1))
    assert [item.business_on for item in load(settings, contract())] == [DAY]
    assert [path.name for path in (settings.inbox / "shop").iterdir()] == [later]


def test_a_marker_completes_a_file_and_goes_with_it(settings: Settings) -> None:
    name = deliver(settings, orders(1))
    assert names(settings, delivery="marker") == []
    (settings.inbox / "shop" / f"{name}.done").touch()
    assert len(load(settings, contract(delivery="marker"))) == 1
    assert list((settings.inbox / "shop").iterdir()) == []


@pytest.mark.parametrize(("age", "taken"), [(59, 0), (61, 1)])
def test_a_file_settles(settings: Settings, age: int, taken: int) -> None:
    path = settings.inbox / "shop" / deliver(settings, orders(1))
    modified = NOW.timestamp() - age
    os.utime(path, (modified, modified))
    assert len(names(settings, delivery="settle", settle_seconds=60)) == taken


def test_unsafe_unknown_and_unfinished_names(settings: Settings) -> None:
    folder = settings.inbox / "shop"
    good = folder / deliver(settings, orders(1))
    (folder / "orders_2017-02-01.csv").symlink_to(good)
    (folder / "orders_2017-02-0*.csv").touch()
    (folder / "orders_2017-02-03.csv.part").touch()
    (folder / "notes.txt").touch()
    (folder / "orders_2017-02-04.csv").mkdir()
    (folder / "orders_2017-02-04.csv" / "orders_2017-02-05.csv").touch()
    for odd in ("x'); drop table ops.loads; --.csv", "orders_[1].csv", "orders_..csv", "orders\n_2017-02-06.csv"):
        (folder / odd).touch()
    (settings.inbox / "nobody").mkdir()
    (settings.inbox / "nobody" / "x.csv").touch()
    assert names(settings) == [good.name]
    found = {(stray.system, stray.file, stray.reason) for stray in strays(settings, {"shop": contract()})}
    assert found == {
        ("shop", "orders_2017-02-01.csv", "symbolic links are not followed"),
        ("shop", "orders_2017-02-0*.csv", "the name holds characters that are not allowed"),
        ("shop", "orders_2017-02-04.csv", "it is not a file"),
        ("shop", "x'); drop table ops.loads; --.csv", "the name holds characters that are not allowed"),
        ("shop", "orders_[1].csv", "the name holds characters that are not allowed"),
        ("shop", "orders_..csv", "no extract of this system has files of this name"),
        ("shop", "orders\\n_2017-02-06.csv", "the name holds characters that are not allowed"),
        ("shop", "notes.txt", "no extract of this system has files of this name"),
        ("nobody", "x.csv", "no source system has this name"),
    }


def test_a_file_that_changes_while_it_is_read_waits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path = settings.inbox / "shop" / deliver(settings, orders(3))
    real = os.fsync

    def grow(descriptor: int) -> None:
        real(descriptor)
        with path.open("a") as file:
            file.write("4,D,4.00,2017-01-01\n")

    monkeypatch.setattr("dagster_project.extract.landing.os.fsync", grow)
    assert load(settings, contract()) == []
    assert path.exists()
    monkeypatch.undo()
    assert [item.rows_in for item in load(settings, contract())] == [4]


def test_latest_business_date(settings: Settings) -> None:
    contracts = {"shop": contract()}
    with connect(settings) as con:
        prepare(con, settings, contracts)
        assert latest_business_date(con, settings, contracts) is None
    deliver(settings, orders(1))
    load(settings, contract())
    with connect(settings) as con:
        assert latest_business_date(con, settings, contracts) == DAY
        deliver(settings, orders(2), date(2017, 2, 5))
        assert latest_business_date(con, settings, contracts) == date(2017, 2, 5)
