"""A business date that comes in parts: hours or sequence numbers."""

from __future__ import annotations

from datetime import timedelta

from dagster_project.extract import SourceContract
from dagster_project.settings import Settings
from tests.unit.extract.builders import DAY, contract, load, orders, query

HOURLY = r"orders_(?P<date>\d{4}-\d{2}-\d{2})_(?P<part>\d{2})\.csv"


def hourly() -> SourceContract:
    return contract(file=HOURLY)


def deliver_part(settings: Settings, part: str, content: str, day: int = 0) -> None:
    path = settings.inbox / "shop" / f"orders_{DAY - timedelta(days=day)}_{part}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_every_part_of_a_day_stands_for_itself(settings: Settings) -> None:
    for hour in range(24):
        deliver_part(settings, f"{hour:02d}", orders(3, start=hour * 10 + 1))
    results = load(settings, hourly())
    assert [(result.part, result.status, result.rows_loaded) for result in results] == [
        (f"{hour:02d}", "loaded", 3) for hour in range(24)
    ]
    assert query(settings, "select distinct version, status from ops.loads") == [(1, "loaded")]
    assert query(settings, "select count(*), max(_row_number) from raw.shop__orders") == [(72, 3)]


def test_a_part_that_comes_again_replaces_that_part_alone(settings: Settings) -> None:
    for hour in ("07", "08"):
        deliver_part(settings, hour, orders(3, start=int(hour) * 10))
    load(settings, hourly())
    deliver_part(settings, "08", orders(4, start=80))
    load(settings, hourly())
    assert query(settings, "select part, version, status, rows_loaded from ops.loads order by all") == [
        ("07", 1, "loaded", 3),
        ("08", 1, "superseded", 3),
        ("08", 2, "loaded", 4),
    ]


def test_the_key_of_a_file_without_parts_is_what_it_was(settings: Settings) -> None:
    path = settings.inbox / "shop" / f"orders_{DAY}.csv"
    path.parent.mkdir(parents=True)
    path.write_text("order_id,customer,amount,ordered_on\n7,Ada,1.50,2017-01-02\n")
    (result,) = load(settings, contract())
    assert (result.part, result.load_id) == ("", "d7621cab8615c4b5")


def test_parts_of_many_days_in_any_order_are_batched_by_size_alone(settings: Settings) -> None:
    told: list[str] = []
    for day in range(3):
        for hour in range(4):
            deliver_part(settings, f"{hour:02d}", orders(2, start=day * 100 + hour * 10 + 1), day)
    load(settings, hourly(), progress=told.append)
    assert told == ["shop orders: 12 of 12 files"]
