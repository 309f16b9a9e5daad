"""Retention: what leaves landing, and what never does."""

from __future__ import annotations

from datetime import date, timedelta

from dagster_project.extract import expire_landing
from dagster_project.settings import Settings
from tests.unit.extract.builders import DAY, contract, deliver, load, orders


def landed(settings: Settings) -> int:
    return len(list((settings.landing / "shop").iterdir()))


def test_only_old_files_whose_rows_are_in_raw_leave_landing(settings: Settings) -> None:
    source = contract(retention_days=10)
    old = DAY - timedelta(days=11)
    deliver(settings, orders(3), old)
    deliver(settings, orders(4), DAY - timedelta(days=10))
    deliver(settings, "no header\n", DAY - timedelta(days=12))
    load(settings, source)
    deliver(settings, orders(5), old)
    load(settings, source)
    (settings.landing / "shop" / "unknown.csv").touch()
    assert landed(settings) == 5
    gone = expire_landing(settings, {"shop": source}, DAY)
    assert {(item.file, item.business_on) for item in gone} == {(f"orders_{old}.csv", old)}
    assert (len(gone), landed(settings)) == (2, 3), "both versions of the old day; held, young and unknown files stay"
    assert all(item.bytes > 0 for item in gone)
    assert expire_landing(settings, {"shop": source}, DAY) == []


def test_contents_that_came_again_lately_stay(settings: Settings) -> None:
    source = contract(retention_days=10)
    deliver(settings, orders(3), date(2016, 1, 1))
    deliver(settings, orders(3), DAY)
    load(settings, source)
    assert expire_landing(settings, {"shop": source}, DAY) == []


def test_without_a_term_everything_stays(settings: Settings) -> None:
    deliver(settings, orders(3), date(2016, 1, 1))
    load(settings, contract())
    assert expire_landing(settings, {"shop": contract()}, date.max) == []
