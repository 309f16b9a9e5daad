"""A source system that changes the columns of its files is told which column, and who answers for it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.demo.delivery import Manifest
from dagster_project.demo.telecom.delivery import write_telecom_inbox
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.demo.telecom.sent_files import SentFile, sent_files
from dagster_project.extract import load_contracts, load_extracts, prepare
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

pytestmark = pytest.mark.slow
OPTIONS = TelecomOptions(customers=500, months=3)
NOW = datetime(2026, 7, 1, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Feed:
    """One way of sending: a column of it that holds a number, a time or a date, and who answers for it."""

    system: str
    extract: str
    column: str
    header: str
    owner: str


FEEDS = [
    Feed("ibss", "orders", "amount", "金额", "team:it-ibss"),
    Feed("billing", "invoices", "due_on", "due_on", "team:billing"),
    Feed("mediation", "usage", "duration_seconds", "duration_seconds", "team:network-it"),
    Feed("hotline", "calls", "wait_seconds", "wait_seconds", "team:contact-centre"),
    Feed("web", "events", "occurred_at", "occurred_at", "team:digital"),
    Feed("survey", "answers", "answered_at", "answered_at", "team:customer-experience"),
    Feed("market", "competitor_offers", "price_cny", "price_cny", "team:market-research"),
]


def renamed(table: pa.Table, header: str) -> pa.Table:
    return table.rename_columns([f"{name}_new" if name == header else name for name in table.column_names])


def removed(table: pa.Table, header: str) -> pa.Table:
    return table.drop_columns([header])


def retyped(table: pa.Table, header: str) -> pa.Table:
    words = pa.array(["see note"] * table.num_rows, pa.string())
    return table.set_column(table.column_names.index(header), header, words)


DRIFTS: list[Callable[[pa.Table, str], pa.Table]] = [renamed, removed, retyped]


def read(file: SentFile) -> pa.Table:
    if file.name.endswith(".parquet"):
        return pq.read_table(file.path)
    lines = file.read_lines()
    rows = [json.loads(line) for line in lines] if ".jsonl" in file.name else list(csv.DictReader(lines))
    return pa.Table.from_pylist(rows)


def write(file: SentFile, table: pa.Table) -> None:
    if file.name.endswith(".parquet"):
        content = io.BytesIO()
        pq.write_table(table, content)
        file.write(content.getvalue())
    elif ".jsonl" in file.name:
        file.write_lines([json.dumps(row, ensure_ascii=False) for row in table.to_pylist()])
    else:
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=table.column_names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table.to_pylist())
        file.write_lines(text.getvalue().removesuffix("\n").split("\n"))


def files_to_drift(manifest: Manifest, feed: Feed) -> list[SentFile]:
    """The fullest files of a feed, one for each drift."""
    files = sent_files(manifest, feed.system, feed.extract)
    return sorted(files, key=lambda file: (-file.path.stat().st_size, file.name))[: len(DRIFTS)]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[str, str]]:
    """Status and reason of the changed files, by system and name of the drift; nothing else is loaded."""
    settings = Settings(home=tmp_path_factory.mktemp("drift"), pack="telecom", start_on=OPTIONS.start_on)
    write_telecom_inbox(settings, OPTIONS)
    manifest = Manifest.read(settings, json.loads((settings.home / "demo_manifest.json").read_text())["edition"])
    drifted = {}
    for feed in FEEDS:
        for drift, file in zip(DRIFTS, files_to_drift(manifest, feed), strict=True):
            write(file, drift(read(file), feed.header))
            drifted[feed.system, file.name] = drift.__name__
    contracts = {
        system: contract
        for system, contract in load_contracts(settings).items()
        if (system in {feed.system for feed in FEEDS})
    }
    with connect(settings) as con:
        prepare(con, settings, contracts)
        for contract in contracts.values():
            load_extracts(con, settings, contract, as_of=OPTIONS.as_of, now=NOW, run_id="run")
        rows = con.execute("select system, file, status, coalesce(reason, '') from ops.loads").fetchall()
    return {
        (system, drifted[system, file]): (status, reason)
        for system, file, status, reason in rows
        if (system, file) in drifted
    }


@pytest.mark.parametrize("drift", [drift.__name__ for drift in DRIFTS])
@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: f"{feed.system}.{feed.extract}")
def test_a_changed_column_is_named_with_its_owner(
    feed: Feed, drift: str, judged: dict[tuple[str, str], tuple[str, str]]
) -> None:
    status, reason = judged[feed.system, drift]
    assert status in ("held", "rejected")
    assert feed.column in reason or feed.header in reason
    assert feed.owner in reason
    if drift == "renamed":
        assert f"{feed.header}_new" in reason
