"""A made-up lake for the dbt project: raw rows and ledger written directly, without files or loader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import duckdb

from dagster_project.extract import load_contracts, prepare
from dagster_project.settings import Settings
from dagster_project.transform import DbtEvent, open_session
from dagster_project.warehouse import connect
from ml.schemas import TABLES

START: Final = date(2017, 1, 1)
#: Tables that models write and activation reads.
_OF_MODELS: Final = ("churn_calibration", "churn_scores", "customer_segments", "customer_value_forecasts")
_SNAPSHOTS: Final = frozenset({"product__products", "crm__demographics"})
_UPSERTS: Final = frozenset({"ibss__subscriptions", "hotline__tickets"})
_LOADS: Final = """
    insert into ops.loads by name
    select $load_id as load_id, $system as system, $extract as extract, $load_id || '.csv' as file,
        $load_id as sha256, $on::date as business_on, $version::integer as version, $mode as load_mode,
        'loaded' as status, count(*) as rows_in, count(*) as rows_loaded, 0 as rows_quarantined, 1 as bytes,
        'test' as run_id, $known_on::date as known_from_on, timestamp '2018-01-01' as loaded_at,
        timestamp '2018-01-01' as file_modified_at
    from raw.{table} where _load_id = $load_id
"""
#: Ten lines a day: household, store and product follow from a hash, so that no day is like another.
LINES: Final = """
    select 1 + hash($on::date, n, $version) % 9 as household_id, 1 + n % 3 as store_id,
        datediff('day', date '2017-01-01', $on::date) * 100 + n // 2 as basket_id, 1 + n + n % 2 as product_id,
        hash(n, $on::date) % 4 as quantity, ((hash(n, $on::date, $version) % 900) / 100)::decimal(12, 2) as sales_value,
        ((n % 3) / 10)::decimal(12, 2) as retail_disc, ((n % 5) / 10)::decimal(12, 2) as coupon_disc,
        0::decimal(12, 2) as coupon_match_disc, 1 as week, $on::date as trading_date,
        $on::date + interval '17' hour as transaction_timestamp
    from range(10) as line (n)
"""


@dataclass(frozen=True)
class Lake:
    """Files of one home; each method opens and closes them."""

    settings: Settings

    def prepare(self) -> Lake:
        """Empty tables: raw, ops and those that the ML assets write."""
        with connect(self.settings) as con:
            prepare(con, self.settings, load_contracts(self.settings))
            con.execute("create schema if not exists warehouse.ml")
            for table in _OF_MODELS:
                con.register("empty", TABLES[table].empty_table())
                con.execute(f"create or replace table warehouse.ml.{table} as from empty")
                con.unregister("empty")
        return self

    def deliver(self, table: str, on: date, rows: str, *, version: int = 1, known_on: date | None = None) -> None:
        """Load the rows that the query `rows` gives, by the run of `known_on` (None: of its business date).

        A version above 1 supersedes the one before.
        """
        with connect(self.settings) as con:
            self._insert(con, table, on, rows, version, known_on or on)

    def deliver_all(
        self, deliveries: Iterable[tuple[str, date, str]], *, version: int = 1, known_on: date | None = None
    ) -> None:
        """Load many deliveries (table, business date, rows) over one connection."""
        with connect(self.settings) as con:
            for table, on, rows in deliveries:
                self._insert(con, table, on, rows, version, known_on or on)

    def deliver_days(self, first: date, last: date) -> None:
        """Order lines for every day, both ends included."""
        with connect(self.settings) as con:
            for number in range((last - first).days + 1):
                on = first + timedelta(days=number)
                self._insert(con, "pos__transactions", on, LINES, 1, on)

    def deliver_lines(self, on: date, *, version: int = 1, known_on: date | None = None) -> None:
        self.deliver("pos__transactions", on, LINES, version=version, known_on=known_on)

    def build(self, as_of: date, *selection: str, full_refresh: bool = False) -> list[DbtEvent]:
        return open_session(self.settings).build(selection, as_of=as_of, full_refresh=full_refresh)

    def tables(self) -> dict[str, int]:
        """Content hash of every table that dbt builds."""
        with connect(self.settings) as con:
            names = con.execute(
                "select schema_name || '.' || table_name from duckdb_tables() "
                "where database_name = 'warehouse' and schema_name in ('marts', 'ml') "
                "and not list_contains($written, table_name) order by all",
                {"written": list(_OF_MODELS)},
            ).fetchall()
            return {name: _hash(con, name) for (name,) in names}

    def fetch(self, query: str) -> list[Any]:
        with connect(self.settings) as con:
            return con.execute(query).fetchall()

    def _insert(
        self, con: duckdb.DuckDBPyConnection, table: str, on: date, rows: str, version: int, known_on: date
    ) -> None:
        system, extract = table.split("__")
        load_id = f"{table}-{on}-{version}"
        given = {name: value for name, value in {"on": on, "version": version}.items() if f"${name}" in rows}
        con.execute(
            f"insert into raw.{table} by name select *, '{load_id}' as _load_id, '{load_id}.csv' as _source_file, "
            f"row_number() over () as _row_number, date '{on}' as _business_on, "
            f"timestamp '2018-01-01' as _loaded_at from ({rows})",
            given,
        )
        con.execute(
            "update ops.loads set status = 'superseded', known_to_on = coalesce(known_to_on, ?) "
            "where system = ? and extract = ? and business_on = ?",
            [known_on, system, extract, on],
        )
        mode = "snapshot" if table in _SNAPSHOTS else "upsert" if table in _UPSERTS else "append"
        con.execute(
            _LOADS.format(table=table),
            {
                "load_id": load_id, "system": system, "extract": extract, "on": on, "version": version, "mode": mode,
                "known_on": known_on,
            },
        )  # fmt: skip


def _hash(con: duckdb.DuckDBPyConnection, table: str) -> int:
    rows = con.execute(f"select coalesce(sum(hash(t)), 0) + count(*) from warehouse.{table} as t").fetchall()
    return int(rows[0][0])


def failed(events: list[DbtEvent]) -> list[str]:
    """Nodes that did not succeed."""
    fine = {"success", "pass", "no-op"}
    return [
        f"{event['data']['node_info']['node_name']}: {event['info']['msg']}"
        for event in events
        if event["data"].get("status", "") not in fine and event["data"]["node_info"]["node_status"] not in fine
    ]
