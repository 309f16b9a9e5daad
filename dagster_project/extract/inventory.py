"""What the house has and from whom: the latest day, `ops.source_inventory` by extract, `ops.storage` by folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from dagster_project.extract.contract import SourceContract
from dagster_project.extract.intake import deliveries
from dagster_project.settings import Settings
from dagster_project.warehouse import transaction

#: What removes something from a folder of the home, and when.
_RETENTION: Final = {
    "inbox": "a file leaves when it is in the ledger",
    "build": "nothing by itself",
    "published": "the release is replaced as a whole",
    "exports": "nothing by itself",
    "reports": "nothing by itself",
    "models": "nothing by itself",
    "dbt": "dbt's own log rotation",
    "gx": "rewritten by each run",
    "dagster_home": "retention in dagster.yaml for ticks; runs stay",
}


def latest_business_date(
    con: duckdb.DuckDBPyConnection, settings: Settings, contracts: Mapping[str, SourceContract]
) -> date | None:
    """The latest business date delivered, in the ledger or waiting in the inbox; None before any delivery."""
    recorded = con.execute("select max(business_on) from ops.loads").fetchall()[0][0]
    waiting = [
        delivery.business_on for contract in contracts.values() for delivery in deliveries(settings, contract, now=None)
    ]
    return max([*([recorded] if recorded else []), *waiting], default=None)


def write_inventory(
    con: duckdb.DuckDBPyConnection, settings: Settings, contracts: Mapping[str, SourceContract], *, as_of: date
) -> list[str]:
    """Write both tables anew; the extracts that are late, as `system.extract`.

    Args:
        con: Writable connection with default catalog `lake`.
        settings: Names the home.
        contracts: Every system.
        as_of: Business date of the run: what lateness is measured at.
    """
    with transaction(con):
        _write_sources(con, contracts, as_of)
        _write_storage(con, settings, contracts)
    late = con.execute("select system || '.' || extract from ops.source_inventory where is_late order by 1").fetchall()
    return [name for (name,) in late]


def _write_sources(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract], as_of: date) -> None:
    known = [(contract, extract) for contract in contracts.values() for extract in contract.extracts]
    con.execute("delete from ops.source_inventory")
    con.execute(
        """
        insert into ops.source_inventory by name
        with known as (
            select unnest($systems::varchar[]) as system, unnest($extracts::varchar[]) as extract,
                unnest($owners::varchar[]) as owner, unnest($modes::varchar[]) as load_mode,
                unnest($days::integer[]) as cadence_days
        ),
        loaded as (
            select system, extract, max(business_on) as last_business_on, max(loaded_at) as last_loaded_at,
                count_if(repairs_load_id is null) as deliveries, sum(rows_loaded)::bigint as rows_loaded
            from ops.loads where status = 'loaded' and business_on <= $as_of group by system, extract
        )
        select known.*, last_business_on, last_loaded_at, coalesce(deliveries, 0) as deliveries,
            coalesce(rows_loaded, 0) as rows_loaded, $as_of::date - last_business_on as days_silent,
            coalesce($as_of::date - last_business_on > cadence_days, false) as is_late
        from known left join loaded using (system, extract)
        """,
        {
            "systems": [contract.system for contract, _ in known],
            "extracts": [extract.name for _, extract in known],
            "owners": [contract.owner for contract, _ in known],
            "modes": [extract.load_mode for _, extract in known],
            "days": [extract.freshness_days for _, extract in known],
            "as_of": as_of,
        },
    )


def _write_storage(con: duckdb.DuckDBPyConnection, settings: Settings, contracts: Mapping[str, SourceContract]) -> None:
    home = settings.home.resolve()
    folders = [(home / name, rule) for name, rule in _RETENTION.items()]
    folders += [
        (path, _landing_rule(contracts.get(path.name))) for path in sorted(settings.landing.glob("*")) if path.is_dir()
    ]
    sizes = [(str(path.relative_to(home)), *_size(path), rule) for path, rule in folders if path.is_dir()]
    days = [(c.system, e.name, e.retention_days) for c in contracts.values() for e in c.extracts if e.retention_days]
    con.execute("delete from ops.storage")
    con.execute(
        """
        insert into ops.storage by name
        with folders as (
            select unnest($places::varchar[]) as place, unnest($bytes::bigint[]) as bytes,
                unnest($files::bigint[]) as files, unnest($rules::varchar[]) as retention
        ),
        purges as (
            select 'landing/' || loads.system as place, min(business_on + kept.days) as next_purge_on
            from ops.loads as loads
            inner join (
                select unnest($systems::varchar[]) as system, unnest($extracts::varchar[]) as extract,
                    unnest($days::integer[]) as days
            ) as kept on kept.system = loads.system and kept.extract = loads.extract
            group by loads.system
        )
        select place, 'folder' as kind, bytes, files, null::bigint as rows, retention,
            next_purge_on::date as next_purge_on
        from folders left join purges using (place)
        union all
        select database_name || '.' || schema_name, 'schema', null, null, sum(estimated_size)::bigint,
            'nothing by itself', null
        from duckdb_tables() where database_name in ('lake', 'warehouse') group by all
        """,
        {
            "places": [place for place, *_ in sizes], "bytes": [size for _, size, _, _ in sizes],
            "files": [files for _, _, files, _ in sizes], "rules": [rule for *_, rule in sizes],
            "systems": [system for system, _, _ in days], "extracts": [extract for _, extract, _ in days],
            "days": [kept for *_, kept in days],
        },
    )  # fmt: skip


def _landing_rule(contract: SourceContract | None) -> str:
    kept = {extract.name: extract.retention_days for extract in contract.extracts} if contract else {}
    limited = [f"{name} {days} days" for name, days in kept.items() if days]
    return f"job retention: {', '.join(limited)}" if limited else "kept for good"


def _size(folder: Path) -> tuple[int, int]:
    """Bytes and files below a folder; what vanishes meanwhile counts as nothing."""
    size = files = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
                        files += 1
        except FileNotFoundError:
            continue
    return size, files
