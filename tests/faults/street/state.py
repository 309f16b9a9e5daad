"""The state of a home as hashes, table by table, and the six things that must hold after any fault."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import duckdb

from dagster_project.publish.fingerprint import hash_rows
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, quote

#: When something was done, and by which run: the only things in which two equal homes may differ.
CLOCKS: Final = frozenset(
    {"run_id", "loaded_at", "_loaded_at", "checked_at", "quarantined_at", "file_modified_at", "published_at",
     "exported_at", "last_loaded_at", "reconciled_at"}
)  # fmt: skip
#: Accounts of what runs did, not of what is so: an interrupted run has its rows, too, and its files their size.
ACCOUNTS: Final = frozenset(
    {"ops.audit_log", "ops.check_results", "ops.exports", "ops.releases", "ops.run_health", "ops.storage"}
)
#: Below the home, the places that may hold personal data.
MAY_HOLD_PEOPLE: Final = ("inbox", "landing", "build")


def tables(home: Path, *, leave_out: frozenset[str] = frozenset()) -> dict[str, tuple[int, int]]:
    """Rows and hash of every table of lake and warehouse, without clocks and `leave_out`, by name."""
    with connect(Settings(home=home), read_only=True) as con:
        return {
            f"{schema}.{table}": hash_rows(con, f'from {catalog}."{schema}"."{table}"', columns)
            for catalog, schema, table, columns in con.execute(
                """
                select database_name, schema_name, table_name, list(column_name order by column_index)
                from duckdb_columns() join duckdb_tables() using (database_name, schema_name, table_name)
                where not list_contains($clocks, column_name) and (schema_name <> 'ops' or database_name = 'lake')
                    and not list_contains($accounts, schema_name || '.' || table_name)
                group by all order by all
                """,
                {"clocks": sorted(CLOCKS | leave_out), "accounts": sorted(ACCOUNTS)},
            ).fetchall()
        }


def files(home: Path) -> dict[str, str]:
    """SHA-256 of the files that a run leaves for others, by path; the report prints no clock."""
    found = [
        path
        for folder in ("inbox", "landing", "models", "exports", "reports")
        for path in sorted((home / folder).rglob("*"))
        if path.is_file() and not path.name.endswith(".journal.jsonl")
    ]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def identity(home: Path) -> tuple[object, ...]:
    """Release id, business date and content hash of the published file."""
    with duckdb.connect(":memory:") as con:
        con.execute(f"attach {quote(Settings(home=home).release_file)} as release (read_only)")
        return con.execute("select release_id, as_of_on, content_hash from release.ops.this_release").fetchall()[0]


def ledger_problems(home: Path) -> list[str]:
    """Invariant 1: each accepted file once in the ledger, rows in = loaded + quarantined = what is there."""
    with connect(Settings(home=home), read_only=True) as con:
        found = []
        rows = "select load_id from ops.loads where rows_in <> rows_loaded + rows_quarantined"
        found += [f"{load}: rows in are not loaded + quarantined" for (load,) in con.execute(rows).fetchall()]
        twice = "select file, sha256 from ops.loads where status <> 'duplicate' group by all having count(*) > 1"
        found += [f"{file} is in the ledger more than once" for file, _ in con.execute(twice).fetchall()]
        for (table,) in con.execute(
            "select table_name from duckdb_tables() where database_name = 'lake' and schema_name = 'raw'"
        ).fetchall():
            system, extract = table.split("__", 1)
            found += [
                f"{table}: load {load} has {there} rows in raw, {said} in the ledger"
                for load, said, there in con.execute(
                    f"""
                    select load_id, coalesce(rows_loaded, 0), coalesce(there, 0)
                    from (from ops.loads where system = $system and extract = $extract) as loads
                    full join (select _load_id, count(*) as there from raw."{table}" group by all) as raw
                        on raw._load_id = loads.load_id
                    where coalesce(rows_loaded, -1) <> coalesce(there, 0)
                    """,
                    {"system": system, "extract": extract},
                ).fetchall()
            ]
        return found


def release_problems(home: Path) -> list[str]:
    """Invariant 2: the published file opens, is one build, and its marts add up to the raw rows in use."""
    settings = Settings(home=home)
    with connect(settings, read_only=True) as con:
        con.execute(f"attach {quote(settings.release_file)} as release (read_only)")
        found = [
            f"{schema}.{table}: {rows} rows, but {there} when it was published"
            for schema, table, rows in con.execute("from release.ops.table_rows").fetchall()
            if (there := con.execute(f'select count(*) from release."{schema}"."{table}"').fetchall()[0][0]) != rows
        ]
        [(lines, sales)] = con.execute(
            "select count(*), sum(sales_amount) from release.marts.fct_order_lines"
        ).fetchall()
        expected = con.execute(
            """
            select count(*), sum(sales_value) from raw.pos__transactions
            where _load_id in (select load_id from release.ops.loads where status = 'loaded')
            """
        ).fetchall()[0]
        if (lines, sales) != expected:
            found.append(f"order lines are {lines} for {sales}, raw has {expected}")
        [(orders,)] = con.execute("select sum(sales_amount) from release.marts.fct_orders").fetchall()
        if orders != sales:
            found.append(f"orders come to {orders}, their lines to {sales}")
        return found


def leaks(home: Path, canaries: tuple[str, ...]) -> list[str]:
    """Invariant 6: files outside the places allowed that hold a planted person; also what the commands printed."""
    needles = [canary.encode() for canary in canaries]
    outside = [
        path for path in home.rglob("*") if path.is_file() and path.relative_to(home).parts[0] not in MAY_HOLD_PEOPLE
    ]
    log = home.parent / f"{home.name}.log"
    return [
        str(path)
        for path in [*outside, *([log] if log.exists() else [])]
        if any(needle in path.read_bytes() for needle in needles)
    ]
