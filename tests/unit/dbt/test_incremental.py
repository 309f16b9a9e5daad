"""What a run adds to yesterday's tables equals a build from nothing, table by table."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest

from dagster_project.settings import Settings
from tests.unit.dbt.lake import START, Lake, failed

FIRST_RUN: Final = START + timedelta(days=160)
SECOND_RUN: Final = FIRST_RUN + timedelta(days=1)
LATE: Final = START + timedelta(days=100)
RESTATED: Final = START + timedelta(days=40)
STREET: Final = ("--exclude", "fqn:tenure.activation", "--exclude-resource-type", "unit_test")
_PRODUCTS: Final = (
    "select n as product_id, 1 as manufacturer_id, 'GROCERY' as department, 'Private' as brand, "
    "'A' as product_category, 'B' as product_type, '1 LB' as package_size from range({first}, {last}) as product (n)"
)
_CAMPAIGN: Final = (
    "select 1 as campaign_id, 'Type A' as campaign_type, date '2017-04-01' as start_date, date '2017-05-01' as end_date"
)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Built up to the first run; a late day is still missing."""
    lake = Lake(Settings(home=tmp_path_factory.mktemp("incremental") / "home")).prepare()
    lake.deliver("product__products", START, _PRODUCTS.format(first=1, last=8))
    lake.deliver("campaign__campaigns", date(2017, 4, 1), _CAMPAIGN)
    lake.deliver(
        "campaign__campaign_households",
        date(2017, 4, 1),
        "select 1 as campaign_id, n as household_id from range(1, 5) as household (n)",
    )
    lake.deliver_days(START, LATE - timedelta(days=1))
    lake.deliver_days(LATE + timedelta(days=1), FIRST_RUN)
    assert failed(lake.build(FIRST_RUN, *STREET)) == []
    return lake


def _copy(lake: Lake, folder: Path) -> Lake:
    shutil.copytree(lake.settings.home, folder / "home")
    return Lake(Settings(home=folder / "home"))


@pytest.mark.slow
def test_new_late_and_restated_days_equal_a_full_build(history: Lake, tmp_path: Path) -> None:
    lake = _copy(history, tmp_path)
    lake.deliver_lines(SECOND_RUN)
    lake.deliver_lines(LATE, known_on=SECOND_RUN)
    lake.deliver_lines(RESTATED, version=2, known_on=SECOND_RUN)
    lake.deliver("product__products", LATE, _PRODUCTS.format(first=3, last=12), known_on=SECOND_RUN)
    lake.deliver(
        "loyalty__coupon_redemptions",
        date(2017, 4, 20),
        "select 2 as household_id, 7 as coupon_upc, 1 as campaign_id, date '2017-04-20' as redemption_date",
        known_on=SECOND_RUN,
    )
    assert failed(lake.build(SECOND_RUN, *STREET)) == []
    incremental = lake.tables()
    assert failed(lake.build(SECOND_RUN, *STREET, full_refresh=True)) == []
    assert incremental == lake.tables()
    known = "select distinct product_id from warehouse.marts.fct_order_lines where is_product_known and business_on "
    early, late = (lake.fetch(f"{known} {sign} date '{LATE}'") for sign in ("<", ">="))
    assert ("9",) in late and ("9",) not in early


@pytest.mark.slow
def test_a_day_that_is_withdrawn_leaves_no_trace(history: Lake, tmp_path: Path) -> None:
    """Back to an earlier business date: what the later one added is gone, as if it had never been."""
    lake = _copy(history, tmp_path)
    lake.deliver_lines(SECOND_RUN)
    before = lake.tables()
    assert failed(lake.build(SECOND_RUN, *STREET)) == []
    assert lake.tables() != before
    assert failed(lake.build(FIRST_RUN, *STREET)) == []
    assert lake.tables() == before


@pytest.mark.slow
def test_a_second_run_builds_nothing_again(history: Lake, tmp_path: Path) -> None:
    lake = _copy(history, tmp_path)
    before = lake.tables()
    assert failed(lake.build(FIRST_RUN, *STREET)) == []
    assert lake.tables() == before
