"""Full disks, damaged files, runs that meet, readers that stay: loud, nothing half published, mended by a command."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from dagster import DagsterInstance

from dagster_project.commands.doctor import examine
from dagster_project.launch import prepare_environment
from dagster_project.settings import Settings
from tests.faults.conftest import Tell
from tests.faults.street import retailer, state
from tests.faults.street.conftest import Street
from tests.faults.street.processes import Starter, start_plainly

STORAGE = 9
BUSY = 4


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0], ids=lambda share: f"{share:.0%} of the lake")
def test_no_file_can_grow_as_on_a_full_disk(share: float, street: Street) -> None:
    lake = Settings(home=street.home).lake_file
    ended = street.tenure("run", largest_file=int(lake.stat().st_size * share))
    assert (ended.code, "no room left" in ended.output) == (STORAGE, True), ended.output
    assert state.identity(street.home) == street.old
    street.finish()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A home on a file system of 200 MB, where this user may mount one. What a command prints lies beside it."""
    point = tmp_path / "home"
    point.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(point)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only who may mount a small file system can fill one; the limit of file size stands in for it")
    yield point
    subprocess.run(["umount", str(point)], check=True)


def test_a_full_file_system(small_disk: Path, starter: Starter) -> None:
    home = small_disk
    retailer.history(home / "inbox")
    ballast = home / "ballast"
    ballast.write_bytes(b"\0" * 185_000_000)
    ended = starter.run(home, "run", **retailer.SETTINGS)
    assert (ended.code, "no room left" in ended.output) == (STORAGE, True), ended.output
    assert not Settings(home=home).release_file.exists()
    ballast.unlink()
    ended = starter.run(home, "run", **retailer.SETTINGS)
    assert ended.code == 0, ended.output
    assert state.ledger_problems(home) == state.release_problems(home) == []


@pytest.mark.parametrize("damage", ["garbage", "cut"])
@pytest.mark.parametrize("which", ["lake_file", "warehouse_file"])
def test_a_file_of_the_build_that_does_not_open_is_named_and_made_again(
    which: str, damage: str, street: Street
) -> None:
    path: Path = getattr(Settings(home=street.home), which)
    content = path.read_bytes()
    path.write_bytes(b"garbage" * 3000 if damage == "garbage" else content[: len(content) // 50])
    stopped = street.tenure("run")
    assert (stopped.code, path.name in stopped.output, "`tenure rebuild`" in stopped.output) == (STORAGE, True, True), (
        stopped.output
    )
    assert state.identity(street.home) == street.old
    ended = street.tenure("rebuild")
    assert ended.code == 0, ended.output
    assert list(path.parent.glob(f"{path.name}.aside-*")), "the damaged file is kept"
    ended = street.tenure("run", "--full-refresh")
    assert ended.code == 0, ended.output
    assert state.ledger_problems(street.home) == state.release_problems(street.home) == []
    assert state.tables(street.home) == street.wanted["tables"]


def test_a_file_that_may_not_be_read(street: Street) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = Settings(home=street.home).lake_file
    path.chmod(0)
    stopped = street.tenure("run")
    assert (stopped.code, "permissions" in stopped.output) == (STORAGE, True), stopped.output
    path.chmod(0o644)
    street.finish()


def test_two_runs_at_once_the_second_waits_or_says_who_writes(street: Street) -> None:
    settings = {f"TENURE_{name.upper()}": value for name, value in retailer.SETTINGS.items()}
    runs = [start_plainly(street.home, "run", settings=settings) for _ in range(2)]
    outputs = [run.communicate()[0] for run in runs]
    codes = sorted(run.returncode for run in runs)
    assert codes in ([0, 0], [0, BUSY]), outputs
    street.assert_whole()


def test_a_reader_that_stays_keeps_its_release_and_blocks_nothing(street: Street) -> None:
    file = Settings(home=street.home).release_file
    with duckdb.connect(str(file), read_only=True) as reader:
        before = reader.execute("select release_id from ops.this_release").fetchall()
        street.finish()
        assert reader.execute("select release_id from ops.this_release").fetchall() == before
    assert state.identity(street.home)[0] != before[0][0]


def test_an_orphan_run_gives_its_place_back(street: Street, capsys: pytest.CaptureFixture[str]) -> None:
    assert street.tenure("run", failpoint="dbt.gate_built=kill@2").code == -9
    settings = Settings(home=street.home)
    assert _slots(settings) != 0, "the killed run still holds its place in Dagster's pool"
    examine(settings, reap=True, now=datetime.now(UTC) + timedelta(minutes=3))
    assert "1 run marked as canceled" in capsys.readouterr().out
    assert _slots(settings) == 0
    street.finish()


def _slots(settings: Settings) -> int:
    prepare_environment(settings)
    with DagsterInstance.get() as instance:
        return len(instance.event_log_storage.get_concurrency_info("warehouse").claimed_slots)


def test_a_half_written_file_waits_and_is_taken_when_it_is_whole(street: Street) -> None:
    path = street.home / "inbox" / "pos" / f"transactions_{retailer.LAST}.csv.gz"
    content = path.read_bytes()
    path.unlink()
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_bytes(content[: len(content) // 2])
    assert street.tenure("run").code == 0
    assert unfinished.exists()
    unfinished.write_bytes(content)
    unfinished.replace(path)
    ended = street.tenure("run")
    assert ended.code == 0, ended.output
    assert state.tables(street.home) == street.wanted["tables"]


def test_days_one_by_one_are_a_backfill_and_one_build(starter: Starter, tmp_path: Path, tell: Tell) -> None:
    days = 30
    first = retailer.BEFORE - timedelta(days=days - 1)
    homes = {name: tmp_path / name for name in ("day by day", "backfill", "one build")}
    started = time.monotonic()
    for name in ("day by day", "backfill"):
        retailer.history(homes[name] / "inbox", until=first - timedelta(days=1))
        assert starter.run(homes[name], "run", **retailer.SETTINGS).code == 0
    for number in range(days):
        retailer.days(
            homes["day by day"] / "inbox", since=first + timedelta(days=number), until=first + timedelta(days=number)
        )
        ended = starter.run(homes["day by day"], "run", **retailer.SETTINGS)
        assert ended.code == 0, ended.output
    retailer.days(homes["backfill"] / "inbox", since=first, until=retailer.BEFORE)
    period = ("--from", first.isoformat(), "--to", retailer.BEFORE.isoformat())
    retailer.history(homes["one build"] / "inbox")
    for home, command in ((homes["backfill"], ("backfill", *period)), (homes["one build"], ("run",))):
        ended = starter.run(home, *command, **retailer.SETTINGS)
        assert ended.code == 0, ended.output
    assert state.tables(homes["day by day"]) == state.tables(homes["backfill"])
    # One build learns of every day on the last: from when on a load was known is all that may differ.
    known = frozenset({"known_from_on"})
    found = {name: state.tables(home, leave_out=known) for name, home in homes.items()}
    tell(f"{days} days day by day, as a backfill and as one build ({time.monotonic() - started:.0f} s):")
    for table, (rows, hashed) in found["one build"].items():
        same = all(tables.get(table) == (rows, hashed) for tables in found.values())
        tell(f"  {'same' if same else 'DIFFERS':7} {table:45} {rows:>8,} rows  {hashed % 2**64:016x}")
    assert found["day by day"] == found["backfill"] == found["one build"]
