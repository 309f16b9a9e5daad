"""A made-up system with one csv extract, and the few lines that deliver and load it."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from typing import Any

from dagster_project.extract import LoadResult, SourceContract, load_extracts, prepare
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

NOW = datetime(2018, 1, 1, 5, tzinfo=UTC)
DAY = date(2017, 1, 31)
HEADER = "order_id,customer,amount,ordered_on"

COLUMNS: list[dict[str, Any]] = [
    {"name": "order_id", "type": "bigint", "nullable": False, "description": "Order."},
    {"name": "customer", "type": "varchar", "aliases": ["client"], "pii": "contact", "description": "Name."},
    {"name": "amount", "type": "decimal(12,2)", "description": "EUR."},
    {"name": "ordered_on", "type": "date", "description": "Day."},
]


def contract(**extract: Any) -> SourceContract:
    """The contract of system `shop` with extract `orders`; keywords replace fields of the extract."""
    fields = {
        "name": "orders",
        "description": "One row per order.",
        "file": r"orders_(?P<date>\d{4}-\d{2}-\d{2})\.csv(\.gz)?",
        "format": "csv",
        "delivery": "rename",
        "load_mode": "append",
        "columns": COLUMNS,
        **extract,
    }
    return SourceContract.model_validate(
        {"system": "shop", "owner": "team:shop", "description": "A shop.", "extracts": [fields]}
    )


def deliver(settings: Settings, content: str | bytes, day: date = DAY, suffix: str = "csv") -> str:
    """Put a file of `orders` into the inbox; gzipped where the suffix says so. Returns its name."""
    data = content.encode() if isinstance(content, str) else content
    if suffix.endswith(".gz") and isinstance(content, str):
        data = gzip.compress(data, mtime=0)
    path = settings.inbox / "shop" / f"orders_{day}.{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path.name


def load(settings: Settings, source: SourceContract, as_of: date = DAY, **options: Any) -> list[LoadResult]:
    """One run of the loader."""
    with connect(settings) as con:
        prepare(con, settings, {source.system: source})
        return load_extracts(con, settings, source, as_of=as_of, now=NOW, run_id="run", **options)


def query(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with connect(settings, read_only=True) as con:
        return con.execute(sql).fetchall()


def orders(count: int, start: int = 1) -> str:
    """A csv file of good rows."""
    rows = (f"{n},Customer {n},{n}.50,2017-01-{n % 28 + 1:02d}" for n in range(start, start + count))
    return "\n".join([HEADER, *rows]) + "\n"
