"""The loader beside DuckDB's plain readers on the same files: what verification, casts and quarantine cost.

    make bench-load                                  # 10 million rows
    python tests/bench/load.py --rows 100000000      # ten times as many; needs 15 GB of disk

Calls with their usual columns are written once as csv.gz (one row in a thousand is bad) and once as parquet, a
file a day. Each side loads them into an empty database in a process of its own, so that peak memory is its own.
The plain side is `insert into ... select * from read_csv(...)` with the same types; it cannot take bad rows, so it
reads the same rows with good values in their place.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from dagster_project.extract import SourceContract, load_extracts, prepare
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, quote

DAYS: Final = 10
START: Final = date(2026, 1, 1)
#: Most CPU of ours to CPU of the plain reader.
AIMS: Final = {"csv.gz": 2.5, "parquet": 1.3}
_COLUMNS: Final = {
    "call_id": "bigint", "caller": "varchar", "callee": "varchar", "cell": "integer", "started_at": "timestamp",
    "seconds": "integer", "charge": "decimal(12,4)", "kind": "varchar",
}  # fmt: skip
_CALLS: Final = """
    select
        n as call_id, '129' || lpad((hash(n) % 100000000)::varchar, 8, '0') as caller,
        '128' || lpad((hash(n + 1) % 100000000)::varchar, 8, '0') as callee, (hash(n + 2) % 5000)::integer as cell,
        $day::timestamp + to_seconds((hash(n + 3) % 86400)::bigint) as started_at,
        ($seconds) as seconds, ((hash(n + 5) % 100000) / 10000)::decimal(12, 4) as charge,
        ['local', 'long', 'roaming'][(hash(n + 6) % 3)::bigint + 1] as kind
    from range($from_row, $to_row) as calls(n)
"""
_GOOD: Final = "(hash(n + 4) % 3600)::integer"
_BAD: Final = f"case when n % 1000 = 7 then 'n/a' else {_GOOD}::varchar end"


def contract(file_format: str) -> SourceContract:
    return SourceContract.model_validate(
        {
            "system": "switch", "owner": "team:network", "description": "Simulated calls.",
            "extracts": [{
                "name": "calls", "description": "One row per call.", "format": file_format, "delivery": "rename",
                "file": rf"calls_(?P<date>\d{{4}}-\d{{2}}-\d{{2}})[.]{file_format.replace('.', '[.]')}",
                "load_mode": "append", "primary_key": ["call_id"],
                "columns": [
                    {"name": name, "type": kind, "nullable": False, "description": name}
                    for name, kind in _COLUMNS.items()
                ],
            }],
        }
    )  # fmt: skip


def write_files(folder: Path, file_format: str, rows: int, *, is_good: bool) -> None:
    """One file a day, in parallel; the same rows each time."""
    folder.mkdir(parents=True)
    seconds = _GOOD if is_good or file_format == "parquet" else _BAD
    options = "format parquet, compression zstd" if file_format == "parquet" else "format csv, header"

    def write(day: int) -> None:
        on = START + timedelta(days=day)
        query = _CALLS.replace("$seconds", seconds).replace("$day", f"date '{on}'")
        query = query.replace("$from_row", str(day * rows // DAYS)).replace("$to_row", str((day + 1) * rows // DAYS))
        target = folder / f"calls_{on}.{file_format}"
        plain = target if file_format == "parquet" else target.with_suffix("")
        with duckdb.connect(config={"threads": 1}) as con:
            con.execute(f"copy ({query}) to {quote(plain)} ({options})")
        if plain != target:
            with plain.open("rb") as source, gzip.open(target, "wb", compresslevel=1) as packed:
                shutil.copyfileobj(source, packed, 1 << 20)
            plain.unlink()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(write, range(DAYS)))


def load_ours(folder: Path, home: Path, file_format: str) -> int:
    """Load through the contract; returns the rows in raw. The files leave `folder`."""
    settings = Settings(home=home)
    (settings.inbox).mkdir(parents=True)
    folder.rename(settings.inbox / "switch")
    source = contract(file_format)
    with connect(settings) as con:
        prepare(con, settings, {"switch": source})
        results = load_extracts(
            con, settings, source, as_of=START + timedelta(days=DAYS), now=datetime.now(UTC), run_id="bench"
        )
    wrong = [result for result in results if result.status != "loaded"]
    if wrong:
        raise SystemExit(f"not loaded: {wrong[0].reason}")
    return sum(result.rows_loaded for result in results)


def load_plainly(folder: Path, home: Path, file_format: str) -> int:
    """Load with DuckDB's reader and nothing else; returns the rows."""
    home.mkdir(parents=True)
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    files = quote(folder / f"*.{file_format}")
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in _COLUMNS.items())
    reader = (
        f"read_parquet({files})"
        if file_format == "parquet"
        else f"read_csv({files}, header = true, auto_detect = false, delim = ',', quote = chr(34),"
        f" columns = {{{types}}})"
    )
    limits = {"threads": Settings(home=home).threads, "memory_limit": "2GB", "preserve_insertion_order": False}
    with duckdb.connect(str(home / "plain.duckdb"), config=limits) as con:
        con.execute(f"create table calls ({columns})")
        con.execute(f"insert into calls select * from {reader}")
        return int(con.execute("select count(*) from calls").fetchall()[0][0])


def measure(side: str, folder: Path, home: Path, file_format: str) -> dict[str, Any]:
    """One side in a process of its own: rows, CPU and wall seconds, peak memory in MB."""
    command = [sys.executable, __file__, "--side", side, str(folder), str(home), file_format]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _one_side(side: str, folder: str, home: str, file_format: str) -> None:
    load = load_ours if side == "ours" else load_plainly
    before, started = time.process_time(), time.monotonic()
    rows = load(Path(folder), Path(home), file_format)
    figures = {
        "rows": rows,
        "cpu": time.process_time() - before,
        "wall": time.monotonic() - started,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    json.dump(figures, sys.stdout)


def compare(file_format: str, rows: int, runs: int, work: Path) -> None:
    """Print one row of the table; the better of `runs` counts, as other work on the machine only adds."""
    found: dict[str, list[dict[str, Any]]] = {"plain": [], "ours": []}
    for run in range(runs):
        for side, measured in found.items():
            folder, home = work / f"{side}-{run}", work / f"{side}-{run}-home"
            write_files(folder, file_format, rows, is_good=side == "plain")
            measured.append(measure(side, folder, home, file_format))
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(home, ignore_errors=True)
    plain, ours = (min(found[side], key=lambda figures: figures["cpu"]) for side in ("plain", "ours"))
    ratio = ours["cpu"] / plain["cpu"]
    print(
        f"{file_format:8} {rows:>12,} {plain['cpu']:8.1f} {ours['cpu']:8.1f} {ratio:7.2f} {plain['wall']:8.1f}"
        f" {ours['wall']:8.1f} {ours['wall'] / plain['wall']:7.2f} {plain['peak_mb']:8.0f} {ours['peak_mb']:8.0f}"
        f"  {'pass' if ratio <= AIMS[file_format] else 'FAIL'} (aim {AIMS[file_format]} x CPU)",
        flush=True,
    )


def main() -> None:
    if sys.argv[1:2] == ["--side"]:
        _one_side(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--runs", type=int, default=1, help="of each side; the better counts (default 1)")
    parser.add_argument("--format", nargs="+", default=list(AIMS), choices=list(AIMS))
    options = parser.parse_args()
    head = ("format", "rows", "plain", "ours", "ratio", "plain", "ours", "ratio", "plain", "ours")
    print("                               CPU seconds              wall seconds             peak MB")
    print("{:8} {:>12} {:>8} {:>8} {:>7} {:>8} {:>8} {:>7} {:>8} {:>8}".format(*head), flush=True)
    with tempfile.TemporaryDirectory() as work:
        for rows in options.rows:
            for file_format in options.format:
                compare(file_format, rows, options.runs, Path(work))


if __name__ == "__main__":
    main()
