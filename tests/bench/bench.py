"""`make bench`: the whole `daily` job beside one hand-written script, on the same files, in one session.

    python tests/bench/bench.py [--factor 1 10 50] [--runs N] [--work DIR]

For each factor (households of the retail data replicated with new keys) both sides run from an empty home as
processes of their own, in turn, then once more after one more day of extracts. Printed: CPU and wall seconds,
their ratio, peak memory, and where the job's CPU time goes. Times of a shared machine are noisy: quote ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from dagster_project.demo.retail import write_retail_inbox

from dagster_project.launch import ENVIRONMENT
from dagster_project.settings import Settings

HERE: Final = Path(__file__).resolve().parent
AS_OF: Final = date(2017, 12, 31)


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds, peak memory in MB, and what the process printed."""

    cpu: float
    wall: float
    peak_mb: float
    output: str


def measure(command: Sequence[str]) -> Cost:
    """Run one process and take the operating system's own account of it."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **ENVIRONMENT})
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024, output)


def compare(factor: int, runs: int, work: Path) -> None:
    """One factor: full build and one more day, both sides."""
    source = work / f"inbox_{factor}x"
    if not source.exists():
        write_retail_inbox(Settings(home=source), households_factor=factor)
    print(f"\n## {factor}x the households ({_lines(source)} files)")
    pairs: dict[str, list[tuple[Cost, Cost]]] = {"full build": [], "one more day": []}
    parts: dict[str, dict[str, float]] = {}
    for _ in range(runs):
        job_home, hand_home = work / "job", work / "hand"
        for home in (job_home, hand_home):
            shutil.rmtree(home, ignore_errors=True)
        for name, as_of in (("full build", AS_OF - timedelta(days=1)), ("one more day", AS_OF)):
            _deliver(source, job_home / "inbox", as_of)
            _deliver(source, hand_home / "inbox", as_of)
            job = measure([sys.executable, str(HERE / "street.py"), str(job_home), as_of.isoformat()])
            hand = measure([sys.executable, str(HERE / "hand_written.py"), str(hand_home), as_of.isoformat()])
            pairs[name].append((job, hand))
            parts[name] = json.loads(job.output)["parts"]
    for name, costs in pairs.items():
        _show(name, costs, parts[name])


def _deliver(source: Path, inbox: Path, until: date) -> None:
    """Link the files up to a business date into an inbox; both sides read the same bytes."""
    for path in sorted((source / "inbox").rglob("*")):
        stamp = path.name.split(".")[0][-10:]
        target = inbox / path.parent.name / path.name
        if path.is_file() and stamp <= until.isoformat() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)


def _lines(source: Path) -> int:
    return sum(1 for path in (source / "inbox").rglob("*") if path.is_file())


def _show(name: str, costs: list[tuple[Cost, Cost]], parts: dict[str, float]) -> None:
    def middle(values: list[float]) -> float:
        return statistics.median(values)

    job_cpu, hand_cpu = middle([j.cpu for j, _ in costs]), middle([h.cpu for _, h in costs])
    job_wall, hand_wall = middle([j.wall for j, _ in costs]), middle([h.wall for _, h in costs])
    print(f"\n{name}: median of {len(costs)}\n")
    print("|            |   job |  hand | ratio |")
    print("|------------|------:|------:|------:|")
    print(f"| CPU s      | {job_cpu:5.1f} | {hand_cpu:5.1f} | {job_cpu / hand_cpu:5.2f} |")
    print(f"| wall s     | {job_wall:5.1f} | {hand_wall:5.1f} | {job_wall / hand_wall:5.2f} |")
    job_peak, hand_peak = max(j.peak_mb for j, _ in costs), max(h.peak_mb for _, h in costs)
    print(f"| peak MB    | {job_peak:5.0f} | {hand_peak:5.0f} | {job_peak / hand_peak:5.2f} |")
    print(f"\nOverhead (job - hand): {job_cpu - hand_cpu:.1f} CPU s. Where the job's CPU seconds go:\n")
    for part, seconds in sorted(parts.items(), key=lambda item: -item[1]):
        print(f"  {seconds:6.1f}  {part}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--factor", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--runs", type=int, default=1, help="pairs per factor (default 1)")
    parser.add_argument("--work", type=Path, help="folder for inboxes and homes; kept (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for factor in options.factor:
            compare(factor, options.runs, options.work or Path(temporary))


if __name__ == "__main__":
    main()
