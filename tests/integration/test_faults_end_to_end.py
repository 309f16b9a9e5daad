"""A damaged extract of each kind, through the whole job: right message, release untouched, next good run unaided."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.errors import ExtractHeldError, QualityGateError
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.fixtures import tiny_retail
from tests.integration.test_street import LAST, run

TODAY = f"transactions_{LAST}.csv.gz"


def cut_gzip(content: bytes) -> bytes:
    return content[: len(content) // 2]


def without_a_column(content: bytes) -> bytes:
    lines = gzip.decompress(content).decode().splitlines()
    return gzip.compress("\n".join(line.split(",", 1)[1] for line in lines).encode() + b"\n", mtime=0)


def with_every_tenth_price_unreadable(content: bytes) -> bytes:
    lines = gzip.decompress(content).decode().splitlines()
    for position in range(1, len(lines), 10):
        cells = lines[position].split(",")
        lines[position] = ",".join([*cells[:5], "n/a", *cells[6:]])
    return gzip.compress("\n".join(lines).encode() + b"\n", mtime=0)


def with_negative_sales(content: bytes) -> bytes:
    lines = gzip.decompress(content).decode().splitlines()
    cells = lines[1].split(",")
    lines[1] = ",".join([*cells[:5], "-5.00", *cells[6:]])
    return gzip.compress("\n".join(lines).encode() + b"\n", mtime=0)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("damage", "error", "words"),
    [
        (cut_gzip, ExtractHeldError, ["gzip"]),
        (without_a_column, ExtractHeldError, ["household_id"]),
        (with_every_tenth_price_unreadable, ExtractHeldError, ["sales_value"]),
        (with_negative_sales, QualityGateError, ["sales are zero or more", "1 of 31 rows"]),
    ],
)
def test_damaged_extract(
    damage: Callable[[bytes], bytes], error: type[Exception], words: list[str], home: Callable[..., Settings]
) -> None:
    settings = home()
    tiny_retail.write_inbox(settings.inbox, since=LAST)
    path = settings.inbox / "pos" / TODAY
    good = path.read_bytes()
    before = digest(settings.release_file)

    path.write_bytes(damage(good))
    with pytest.raises(error) as caught:
        run(settings)
    message = str(caught.value)
    assert [word for word in ["transactions", *words] if word not in message] == []
    assert digest(settings.release_file) == before

    path.write_bytes(good)
    summary = run(settings)
    assert summary.released


def test_a_file_delivered_twice_adds_no_row(home: Callable[..., Settings]) -> None:
    settings = home()
    yesterday = next(iter(sorted(settings.landing.glob("pos/*"))), None)
    assert yesterday, "the finished home keeps its landing files"
    tiny_retail.write_inbox(settings.inbox, since=LAST)
    run(settings)
    with connect(settings, read_only=True) as con:
        rows = con.execute("select count(*) from raw.pos__transactions").fetchone()
    tiny_retail.write_inbox(settings.inbox, since=LAST)
    summary = run(settings)
    with connect(settings, read_only=True) as con:
        assert con.execute("select count(*) from raw.pos__transactions").fetchone() == rows
    assert not summary.released


def test_a_second_writer_stops_with_a_plain_message(home: Callable[..., Settings]) -> None:
    from datetime import UTC, datetime

    from dagster_project.errors import WarehouseBusyError
    from dagster_project.warehouse import writer_lock

    settings = home()
    with (
        writer_lock(settings, holder="another run", since=datetime(2018, 1, 1, tzinfo=UTC)),
        pytest.raises(WarehouseBusyError, match="another run"),
    ):
        run(settings)
