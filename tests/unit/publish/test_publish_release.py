"""A release is whole, takes the place of the last one in one step, and is written only when something changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from datetime import timedelta

import duckdb
import pytest

from dagster_project.errors import TenureError
from dagster_project.publish import files, release
from dagster_project.publish.query import run_query
from dagster_project.publish.reader import open_release
from dagster_project.publish.release import published_release
from dagster_project.warehouse import connect

from .conftest import NOW

LATER = NOW + timedelta(hours=1)
ADD_CUSTOMER = "insert into warehouse.marts.dim_customers values (4)"
COUNT = "select count(*) from marts.dim_customers"


def ledger(settings):
    with connect(settings, read_only=True) as con:
        return con.execute("select release_id, bytes, content_hash from ops.releases order by published_at").fetchall()


def customers(settings):
    return run_query(settings, COUNT).rows[0][0]


def test_holds_marts_and_ops_but_nothing_that_was_set_aside(settings, publish):
    published = publish()
    with open_release(settings) as con:
        schemas = {row[0] for row in con.execute("select distinct schema_name from duckdb_tables()").fetchall()}
        rows = con.execute("select row_count from ops.table_rows where table_name = 'fct_orders'").fetchone()
        itself = con.execute("select release_id, as_of_on::varchar from ops.releases").fetchall()
        view = con.execute("select count(*) from marts.lifecycle_today").fetchone()
    assert schemas == {"marts", "ml", "activation", "ops"}
    assert (rows, view) == ((4,), (2,))
    assert itself == [(published.release_id, "2017-02-28")]
    assert published.release_id.startswith("2017-02-28-")
    assert ledger(settings) == [(published.release_id, settings.release_file.stat().st_size, published.content_hash)]


def test_file_is_read_only(settings, publish):
    publish()
    assert settings.release_file.stat().st_mode & 0o222 == 0


def test_open_reader_keeps_the_old_release_and_new_readers_get_the_new(settings, publish):
    publish()
    with open_release(settings) as reader:
        publish(ADD_CUSTOMER, now=LATER)
        assert reader.execute(COUNT).fetchone() == (3,)
        assert customers(settings) == 4
        assert reader.execute(COUNT).fetchone() == (3,)


def test_second_publish_of_the_same_build_writes_nothing(settings, publish):
    first = publish()
    before = settings.release_file.stat()
    second = publish(now=LATER)
    after = settings.release_file.stat()
    assert (second.is_new, second.release_id, second.published_at) == (False, first.release_id, NOW)
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(ledger(settings)) == 1


@pytest.mark.parametrize(
    ("change", "same_contents"),
    [
        (ADD_CUSTOMER, False),
        ("create or replace view warehouse.marts.lifecycle_today as select 1 as state", False),
        ("update ops.check_results set status = 'failed' where severity = 'critical'", True),
        ("update ops.loads set status = 'held' where load_id = 'load1'", True),
    ],
)
def test_change_of_contents_or_quality_is_published(settings, publish, change, same_contents):
    first = publish()
    second = publish(change, now=LATER)
    assert second.is_new
    assert second.release_id != first.release_id
    assert (second.content_hash == first.content_hash) is same_contents


def test_second_delivery_of_the_same_contents_is_no_reason_to_publish(settings, publish):
    publish()
    again = publish(
        """
        insert into ops.loads by name
        select 'again' as load_id, 'duplicate' as status, columns(* exclude (load_id, status))
        from ops.loads where load_id = 'load1'
        """
    )
    assert not again.is_new


def test_rerun_of_checks_without_new_rows_does_not_hide_what_the_last_rows_looked_like(settings, publish):
    publish()
    rerun = publish(
        """
        insert into ops.check_results by name
        select 'run2' as run_id, status: 'passed', rows_checked: 0, rows_failed: 0,
            checked_at: timestamp '2017-03-02 01:30',
            columns(* exclude (run_id, status, rows_checked, rows_failed, checked_at))
        from ops.check_results
        """
    )
    assert not rerun.is_new
    failed = run_query(settings, "select check_id, run_id from ops.check_results where status = 'failed'")
    assert failed.rows == [("quantity_positive", "run1")]


@pytest.mark.parametrize("killed_at", ["copy", "flush", "ledger"])
def test_killed_at_any_step_leaves_a_whole_release_and_the_next_run_finishes(settings, publish, monkeypatch, killed_at):
    publish()

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    def half_a_copy(_source, target):
        target.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if killed_at == "copy":
            patch.setattr(shutil, "copyfile", half_a_copy)
        elif killed_at == "flush":
            patch.setattr(files, "_flush", die)
        else:
            whole = release._enter_in_ledger
            patch.setattr(
                release,
                "_enter_in_ledger",
                lambda con, catalog, new, size: die() if catalog == "lake" else whole(con, catalog, new, size=size),
            )
        publish(ADD_CUSTOMER, now=LATER)
    assert customers(settings) == (4 if killed_at == "ledger" else 3)

    finished = publish(now=LATER)
    assert customers(settings) == 4
    assert [row[0] for row in ledger(settings)][1:] == [finished.release_id]
    assert [path.name for path in settings.release_file.parent.iterdir()] == ["tenure.duckdb"]


def test_leftover_of_a_killed_process_is_replaced(settings, publish):
    leftover = settings.release_file.with_name(".unfinished-tenure.duckdb")
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half a copy")
    publish()
    assert customers(settings) == 3
    assert not leftover.exists()


def test_damaged_release_is_replaced(settings, publish):
    publish()
    settings.release_file.chmod(0o644)
    settings.release_file.write_bytes(b"not a database")
    assert published_release(settings) is None
    assert publish().is_new
    assert customers(settings) == 3


def test_build_file_with_unwritten_changes_is_not_copied(settings, publish, monkeypatch):
    publish()
    log = settings.warehouse_file.with_name("warehouse.duckdb.wal")
    whole = release._swap

    def with_log(home):
        log.touch()
        whole(home)

    monkeypatch.setattr(release, "_swap", with_log)
    with pytest.raises(TenureError, match="last release stays published"):
        publish(ADD_CUSTOMER)
    log.unlink()
    assert customers(settings) == 3


def test_five_reading_processes_see_no_error_while_releases_change(settings, publish):
    publish()
    reading = textwrap.dedent(
        f"""
        import pathlib, sys, time
        from dagster_project.publish.query import run_query
        from dagster_project.settings import Settings
        settings = Settings(home=pathlib.Path(sys.argv[1]), memory_limit="200MB", threads=1)
        seen = {{run_query(settings, {COUNT!r}).rows[0][0]}}
        print("reading", flush=True)
        while max(seen) < 6:
            seen.add(run_query(settings, {COUNT!r}).rows[0][0])
        print(sorted(seen))
        """
    )
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", reading, str(settings.home)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(5)
    ]  # fmt: skip
    for reader in readers:
        reader.stdout.readline()
    for number in range(4, 7):
        publish(f"insert into warehouse.marts.dim_customers values ({number})")
    for reader in readers:
        _, errors = reader.communicate(timeout=60)
        assert (reader.returncode, errors) == (0, "")


def test_build_files_cannot_be_published_while_another_process_writes_them(settings, publish):
    publish()
    with connect(settings), pytest.raises(duckdb.Error):
        duckdb.connect(str(settings.warehouse_file), read_only=True)
