"""The lake from landing: the same rows, versions and ledger as the lake that grew, whatever came in between."""

from __future__ import annotations

import os
from datetime import timedelta

import duckdb
import pytest

from dagster_project.errors import ConfigurationError, StorageError
from dagster_project.extract import journal
from dagster_project.extract.rebuilding import rebuild_lake
from dagster_project.extract.repair import Door
from dagster_project.extract.tables import declared_columns
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, ensure_tables
from tests.unit.extract.builders import DAY, HEADER, NOW, contract, deliver, load, orders, query

TABLES = ("raw.shop__orders", "quarantine.bad_rows", "ops.loads")


def state(settings: Settings) -> list[list[tuple[object, ...]]]:
    return [query(settings, f"from {table} order by all") for table in TABLES]


def rebuild(settings: Settings):
    return rebuild_lake(settings, {"shop": contract()}, now=NOW, progress=lambda _: None)


def grow(settings: Settings) -> None:
    """Good, restated, doubled, late, held, rejected and partly bad files."""
    rows = orders(300).replace("Customer 150,150.50", "C,x")
    for number, (content, day) in enumerate(
        (
            (orders(5), DAY),
            (orders(6), DAY),
            (orders(6), DAY),
            (rows, DAY - timedelta(days=3)),
            (f"{HEADER},more\n", DAY - timedelta(days=1)),
            (orders(2, start=900), DAY - timedelta(days=1)),
            ("a,b\n", DAY - timedelta(days=2)),
        )
    ):
        name = deliver(settings, content, day)
        os.utime(settings.inbox / "shop" / name, ns=(10**18, 10**18 + number * 1000))
        load(settings, contract())


def test_a_rebuilt_lake_is_the_lake_that_grew_to_the_clock(settings: Settings) -> None:
    grow(settings)
    before = state(settings)
    assert len(before[0]) == 5 + 6 + 299 + 2
    rebuilt = rebuild(settings)
    assert (rebuilt.deliveries, rebuilt.missing, rebuilt.unlisted) == (7, 0, 0)
    assert state(settings) == before
    assert list(settings.lake_file.parent.glob("lake.duckdb.aside-*"))
    assert not settings.rebuild_note.exists()


def test_a_line_that_was_cut_off_is_passed_over_and_swallows_nothing(settings: Settings) -> None:
    deliver(settings, orders(5), DAY - timedelta(days=1))
    load(settings, contract())
    with journal.path_of(settings, "shop").open("a") as file:
        file.write('{"system": "sh')
    deliver(settings, orders(6))
    load(settings, contract())
    before = state(settings)
    assert rebuild(settings).deliveries == 2
    assert state(settings) == before


def test_a_lost_journal_is_written_again_from_the_ledger(settings: Settings) -> None:
    grow(settings)
    before = state(settings)
    journal.path_of(settings, "shop").unlink()
    load(settings, contract())
    assert rebuild(settings).deliveries == 7
    assert state(settings) == before


def test_without_journal_and_ledger_nothing_is_touched(settings: Settings) -> None:
    grow(settings)
    journal.path_of(settings, "shop").unlink()
    settings.lake_file.write_bytes(b"damaged")
    with pytest.raises(StorageError, match="no journal"):
        rebuild(settings)
    assert settings.lake_file.read_bytes() == b"damaged"


def test_a_copy_that_is_gone_or_changed_is_not_loaded_as_if_it_were_whole(settings: Settings) -> None:
    deliver(settings, orders(5), DAY - timedelta(days=1))
    deliver(settings, orders(6))
    load(settings, contract())
    gone, changed = sorted((settings.landing / "shop").glob("*.csv"))
    gone.unlink()
    changed.write_text(changed.read_text().replace("1.50", "9.50"))
    rebuilt = rebuild(settings)
    assert (rebuilt.deliveries, rebuilt.rows, rebuilt.missing) == (1, 0, 1)
    assert query(settings, "select status, reason from ops.loads") == [
        ("rejected", "its copy in landing is not what was delivered")
    ]


def test_rows_that_came_back_from_quarantine_are_in_the_rebuilt_lake_too(settings: Settings) -> None:
    rows = orders(300).replace("Customer 150,150.50", "C,x")
    deliver(settings, rows)
    (result,) = load(settings, contract())
    corrected = {150: {"order_id": "150", "customer": "C", "amount": "7.00", "ordered_on": "2017-01-01"}}
    with connect(settings) as con:
        source = contract()
        Door(con, settings, source, source.extracts[0], result.load_id, {}, NOW, "steward").repair(corrected)
    grown = state(settings)
    assert [row[-1] for row in query(settings, "select rows_loaded from ops.loads order by all")] == [1, 299]
    rebuild(settings)
    assert state(settings) == grown


def test_a_home_of_another_version_is_told_what_to_do_and_rebuilding_mends_it(settings: Settings) -> None:
    grow(settings)
    before = state(settings)
    with connect(settings) as con:
        con.execute("alter table ops.identity_records drop column key_hash")
    with pytest.raises(ConfigurationError, match=r"another version: ops\.identity_records differs in key_hash\."):
        load(settings, contract())
    assert state(settings) == before
    rebuild(settings)
    load(settings, contract())
    assert state(settings) == before


def test_the_columns_that_a_home_must_have_are_those_that_the_scripts_make(settings: Settings) -> None:
    with duckdb.connect() as con:
        ensure_tables(con, settings)
        made = con.execute(
            "select schema_name || '.' || table_name, list(column_name) from duckdb_columns() where not internal "
            "group by all"
        ).fetchall()
    assert declared_columns(settings) == {table: set(columns) for table, columns in made}
