"""The release: a read-only copy of the warehouse file that takes the place of the last one in a single step.

Order of work, so that a kill at any moment leaves either the old or the new release, whole, and the next run
finishes: ops tables into the build file, checkpoint, close, copy, flush, rename, row in the ledger. A run
killed before the last step is found by its release in place without a row in the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import duckdb

from dagster_project import audit
from dagster_project.errors import TenureError
from dagster_project.failpoints import failpoint
from dagster_project.packs import pack_of
from dagster_project.publish.files import copy_whole
from dagster_project.publish.fingerprint import Contents, fingerprint, hash_rows
from dagster_project.publish.reader import open_release
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

_READ_ONLY: Final = 0o444
# The latest run of each suite that looked at rows: suites of raw extracts run on new loads only, and a run
# without new loads must not hide what the last loads looked like.
_CHECKS: Final = """
    with results as (
        select *,
            coalesce(sum(rows_checked) over suite_run, 0) > 0 as looked_at_rows,
            max(checked_at) over suite_run as suite_checked_at
        from lake.ops.check_results
        where as_of_on <= $as_of
        window suite_run as (partition by asset, suite, engine, run_id)
    )
    select * exclude (looked_at_rows, suite_checked_at)
    from results
    qualify dense_rank() over (
        partition by asset, suite, engine
        order by looked_at_rows desc, suite_checked_at desc, run_id desc
    ) = 1
"""
#: What the house knows about its own work, without a value of any row.
_BOOKS: Final = ("releases", "reconciliation", "run_health", "source_inventory", "storage", "audit_log")
_LOADS: Final = "select * from lake.ops.loads"
_IDENTITY: Final = "select release_id, as_of_on, run_id, published_at, content_hash from ops.this_release"
# What makes a release worth replacing although its tables are equal: without clocks, runs and re-deliveries.
_CHECK_STATE: Final = ("asset", "suite", "check_id", "engine", "severity", "status")
_LOAD_STATE: Final = ("load_id", "status", "rows_in", "rows_loaded", "rows_quarantined")


@dataclass(frozen=True, slots=True)
class Release:
    """A published release.

    `release_id` names the business date, contents and check results: the same state has the same id.
    `content_hash` covers the tables of marts, ml and activation. `published_at` is UTC without zone. `is_new`
    is false when this release was in place already and nothing was written.
    """

    release_id: str
    as_of: date
    run_id: str
    published_at: datetime
    bytes: int
    content_hash: str
    path: Path
    is_new: bool


def publish_release(
    settings: Settings,
    *,
    as_of: date,
    run_id: str,
    now: datetime,
    progress: Callable[[str], None] | None = None,
) -> Release:
    """Publish the build file as it is, unless the release in place says the same.

    The caller holds the writer lock and has passed the blocking checks.

    Args:
        settings: Names the build and release files.
        as_of: Business date of the build.
        run_id: Run that publishes.
        now: Clock of the run.
        progress: Called with one line a step.

    Raises:
        TenureError: the build file could not be closed cleanly; the release in place is untouched.
    """
    say = progress or (lambda _: None)
    current = published_release(settings)
    company = _company(settings)
    with connect(settings) as con:
        say("comparing with the release in place")
        contents = fingerprint(con, "warehouse")
        release_id = _release_id(con, as_of, contents.content_hash, company)
        if current and current.release_id == release_id:
            _enter_in_ledger(con, "lake", current, size=current.bytes)
            say(f"unchanged: {release_id}")
            return current
        new = Release(release_id, as_of, run_id, now, 0, contents.content_hash, settings.release_file, is_new=True)
        _copy_ops(con, new, contents, company)
        failpoint("release.ops_copied")
        con.execute("checkpoint warehouse")
    failpoint("release.checkpointed")
    say(f"publishing {release_id}")
    _swap(settings)
    failpoint("release.placed")
    new = replace(new, bytes=settings.release_file.stat().st_size)
    with connect(settings) as con:
        _enter_in_ledger(con, "lake", new, size=new.bytes)
        detail = f"as of {as_of}, {new.bytes} bytes, content {contents.content_hash[:12]}"
        audit.append(con, [audit.Event(now, f"run {run_id[:8]}", "release published", release_id, detail)])
    failpoint("release.recorded")
    return new


def published_release(settings: Settings) -> Release | None:
    """The release in place, or None.

    The file itself says what it is, so that the answer is right also after a kill before the ledger was
    written.
    """
    if not settings.release_file.exists():
        return None
    try:
        with open_release(settings) as con:
            [(release_id, as_of, run_id, published_at, content_hash)] = con.execute(_IDENTITY).fetchall()
    except duckdb.Error:
        # Damaged, or not a release: as good as none, so that the next run replaces it.
        return None
    path = settings.release_file
    return Release(release_id, as_of, run_id, published_at, path.stat().st_size, content_hash, path, is_new=False)


def stored(now: datetime) -> datetime:
    """A clock as the ops tables hold it: UTC without zone.

    >>> from datetime import timedelta, timezone
    >>> stored(datetime(2017, 3, 1, 2, tzinfo=timezone(timedelta(hours=-5)))).isoformat()
    '2017-03-01T07:00:00'
    """
    return now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now


def _company(settings: Settings) -> dict[str, object]:
    pack = pack_of(settings.pack)
    return {"pack": settings.pack, "currency": pack.currency, "is_simulated": pack.is_simulated}


def _release_id(con: duckdb.DuckDBPyConnection, as_of: date, content_hash: str, company: dict[str, object]) -> str:
    checks = hash_rows(con, f"from ({_CHECKS}) as checks", _CHECK_STATE, {"as_of": as_of})
    loads = hash_rows(con, f"from ({_LOADS}) as loads where status <> 'duplicate'", _LOAD_STATE)
    state = hashlib.sha256(repr((content_hash, checks, loads, company)).encode()).hexdigest()
    return f"{as_of.isoformat()}-{state[:12]}"


def _copy_ops(con: duckdb.DuckDBPyConnection, release: Release, contents: Contents, company: dict[str, object]) -> None:
    """The tables that stewards and analysts read beside the marts; never rows that were set aside."""
    con.execute("begin")
    con.execute("create schema if not exists warehouse.ops")
    con.execute(f"create or replace table warehouse.ops.loads as {_LOADS}")
    con.execute(f"create or replace table warehouse.ops.check_results as {_CHECKS}", {"as_of": release.as_of})
    for table in _BOOKS:
        con.execute(f"create or replace table warehouse.ops.{table} as select * from lake.ops.{table}")
    # A file cannot state its own size.
    _enter_in_ledger(con, "warehouse", release, size=None)
    con.execute(
        """
        create or replace table warehouse.ops.this_release as
        select
            $release_id::varchar as release_id, $as_of::date as as_of_on, $run_id::varchar as run_id,
            $published_at::timestamp as published_at, $content_hash::varchar as content_hash,
            $pack::varchar as pack, $currency::varchar as currency, $is_simulated::boolean as is_simulated
        """,
        _identity(release) | company,
    )
    con.execute(
        """
        create or replace table warehouse.ops.table_rows as
        select * from (
            select
                unnest($schemas::varchar[]) as schema_name,
                unnest($tables::varchar[]) as table_name,
                unnest($rows::bigint[]) as row_count
        )
        """,
        {
            "schemas": [table.schema_name for table in contents.tables],
            "tables": [table.table_name for table in contents.tables],
            "rows": [table.row_count for table in contents.tables],
        },
    )
    con.execute("commit")


def _swap(settings: Settings) -> None:
    log = settings.warehouse_file.with_name(f"{settings.warehouse_file.name}.wal")
    if log.exists():
        # A copy without its log would miss the latest rows.
        raise TenureError(
            f"{settings.warehouse_file} still has changes in {log.name}: another connection of this process "
            "holds it open. The last release stays published.",
            "`tenure run` again",
        )
    copy_whole(settings.warehouse_file, settings.release_file, mode=_READ_ONLY)


def _enter_in_ledger(con: duckdb.DuckDBPyConnection, catalog: str, release: Release, *, size: int | None) -> None:
    """One row a publication, also when the run before was killed after the swap and comes here again."""
    con.execute(
        f"""
        insert into {catalog}.ops.releases (release_id, as_of_on, run_id, published_at, bytes, content_hash)
        select $release_id, $as_of, $run_id, $published_at, $size, $content_hash
        where not exists (
            select 1 from {catalog}.ops.releases
            where release_id = $release_id and published_at = $published_at
        )
        """,
        _identity(release) | {"size": size},
    )


def _identity(release: Release) -> dict[str, object]:
    return {
        "release_id": release.release_id,
        "as_of": release.as_of,
        "run_id": release.run_id,
        "published_at": release.published_at,
        "content_hash": release.content_hash,
    }
