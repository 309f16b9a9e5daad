"""`make bench`: the whole `daily` job beside one hand-written script, on the same files, in one session.

    python tests/bench/bench.py [--factor 1 10 50] [--runs N] [--rebuild 1] [--work DIR]

For each factor (households of the retail data replicated under new keys) both sides run as processes of their own,
in turn, from an empty home (the job's after `tenure init`): the full build, then one more day, twice. After each pair
every table is compared, and the findings of every check; the benchmark stops if they differ. At the factors of
--rebuild the job's last day is also compared with a build of the same day from nothing. Printed: CPU and wall seconds
and their ratio, peak memory, where the job's CPU seconds go, and the marks. All of it is in DIR/results.json too.

Times of a shared machine are noisy: quote ratios, and CPU seconds rather than wall.
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
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import hand_checks
import proof
import yaml

from dagster_project.demo.retail import write_retail_inbox
from dagster_project.launch import ENVIRONMENT
from dagster_project.settings import Settings

HERE: Final = Path(__file__).resolve().parent
AS_OF: Final = date(2017, 12, 31)
FULL: Final = "full build"
ONE_MORE: Final = "one more day"
LEARN: Final = "one more day, on which the model learns"
#: Business dates of each run, from (exclusive) and to. On the last day the outcome of a cut-off becomes known, as on
#: every fourteenth: only then is the churn model fitted again.
DAYS: Final = (
    (FULL, date.min, AS_OF - timedelta(days=2)),
    (ONE_MORE, AS_OF - timedelta(days=2), AS_OF - timedelta(days=1)),
    (LEARN, AS_OF - timedelta(days=1), AS_OF),
)

#: The marks of the issue: CPU seconds, a ratio, MB, a share of the full build.
MOST_OVERHEAD: Final = 25.0
MOST_RATIO: Final = 1.3
MOST_PEAK_MB: Final = 4096.0
MOST_DAY_SHARE: Final = 1 / 20
SMALL: Final = 1
LARGE: Final = 50


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds, peak memory in MB, and CPU seconds by part of the work."""

    cpu: float
    wall: float
    peak_mb: float
    parts: dict[str, float]


@dataclass
class Pairs:
    """Runs of the same work by the job and by hand, in turn."""

    job: list[Cost] = field(default_factory=list)
    hand: list[Cost] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return middle(one.cpu / two.cpu for one, two in zip(self.job, self.hand, strict=True))

    @property
    def overhead(self) -> float:
        return middle(one.cpu - two.cpu for one, two in zip(self.job, self.hand, strict=True))


Results = dict[int, dict[str, Pairs]]


def initialise(home: Path) -> None:
    """`tenure init`, which a home needs once: dbt is parsed there, and a run only looks for what changed since."""
    command = [sys.executable, "-c", "from dagster_project.cli import main; main()", "init"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "TENURE_HOME": str(home)})


def compare(factor: int, runs: int, work: Path) -> dict[str, Pairs]:
    """One factor: full build and more days, both sides, and the proof that they built the same."""
    source = work / f"inbox_{factor}x"
    write_retail_inbox(Settings(home=source), households_factor=factor)
    job_home, hand_home = work / f"job_{factor}x", work / f"hand_{factor}x"
    results = {name: Pairs() for name, *_ in DAYS}
    for _ in range(runs):
        for home in (job_home, hand_home):
            shutil.rmtree(home, ignore_errors=True)
        initialise(job_home)
        for name, after, as_of in DAYS:
            for home in (job_home, hand_home):
                deliver(source, home / "inbox", after, as_of)
            results[name].job.append(run("street.py", job_home, as_of))
            results[name].hand.append(run("hand_written.py", hand_home, as_of))
            stop_if_different(f"{factor}x, {name}: job and script", proof.job_and_hand(job_home, hand_home))
    alone = proof.only_in_job(job_home, hand_home)
    print(f"the job builds {len(alone)} tables that the script does not, all the same in its time: {', '.join(alone)}")
    return results


def rebuild(factor: int, work: Path) -> None:
    """Prove that the job's last day, reached day by day, is what a build from nothing gives."""
    home = work / f"rebuilt_{factor}x"
    shutil.rmtree(home, ignore_errors=True)
    deliver(work / f"inbox_{factor}x", home / "inbox", date.min, AS_OF)
    run("street.py", home, AS_OF)
    stop_if_different(f"\n{factor}x: day by day and from nothing", proof.two_releases(work / f"job_{factor}x", home))
    shutil.rmtree(home)


def run(script: str, home: Path, as_of: date) -> Cost:
    """Run one side as a process and take the operating system's own account of it."""
    command = [sys.executable, str(HERE / script), str(home), as_of.isoformat()]
    log = home / f"{script}.log"
    started = time.monotonic()
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **ENVIRONMENT}
        )
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        reason = os.waitstatus_to_exitcode(status)
        raise SystemExit(f"{' '.join(command)} ended with status {reason}; its messages are in {log}")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(cpu, time.monotonic() - started, usage.ru_maxrss / 1024, json.loads(output)["parts"])


def deliver(source: Path, inbox: Path, after: date, until: date) -> None:
    """Link the files of some business dates into an inbox: both sides read the same bytes."""
    for path in sorted((source / "inbox").rglob("*")):
        if path.is_file() and after < date.fromisoformat(path.name.split(".")[0][-10:]) <= until:
            target = inbox / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)


def stop_if_different(what: str, differences: Sequence[str]) -> None:
    if differences:
        raise SystemExit(f"{what} differ:\n  " + "\n  ".join(differences))
    print(f"{what}: equal")


def stop_if_checks_differ() -> None:
    """The script must check what the suites check of the tables that it builds."""
    by_hand = hand_checks.rule_ids()
    suites = [yaml.safe_load(path.read_text()) for path in Settings().suites.glob("*/*.yml")]
    rules = [{rule["id"] for rule in suite["rules"]} for suite in suites]
    both = set().union(*(suite for suite in rules if suite & by_hand))
    stop_if_different("rules of expectations/ and of hand_checks.py", sorted(both ^ by_hand))


def show(factor: int, name: str, pairs: Pairs) -> None:
    job, hand = pairs.job, pairs.hand
    print(f"\n## {factor}x, {name} (median of {len(job)})\n")
    print("|         |     job |    hand |  ratio |")
    print("|---------|--------:|--------:|-------:|")
    for title, figure in (("CPU s", "cpu"), ("wall s", "wall"), ("peak MB", "peak_mb")):
        one, two = (middle(getattr(cost, figure) for cost in side) for side in (job, hand))
        print(f"| {title:7} | {one:7.1f} | {two:7.1f} | {one / two:6.2f} |")
    print(f"\nOverhead (job - hand): {pairs.overhead:.1f} CPU s. Where the CPU seconds go:\n")
    for side, costs in (("job", job), ("hand", hand)):
        for part in costs[0].parts:
            print(f"  {middle(cost.parts[part] for cost in costs):7.1f}  {side:4}  {part}")


def marks(results: Results) -> list[tuple[str, float | None, float]]:
    """Name, figure and limit of each mark; the figure is None where the factor was not run."""
    small, large = results.get(SMALL), results.get(LARGE)
    share = None
    if small and large:
        day = middle(cost.cpu for cost in large[ONE_MORE].job) - small[ONE_MORE].overhead
        share = day / middle(cost.cpu for cost in large[FULL].job)
    peak = max(cost.peak_mb for pairs in large.values() for cost in pairs.job) if large else None
    return [
        (f"{SMALL}x: overhead of the full build, CPU s", small[FULL].overhead if small else None, MOST_OVERHEAD),
        (f"{LARGE}x: CPU of the job / of the script", large[FULL].ratio if large else None, MOST_RATIO),
        (f"{LARGE}x: peak memory of the job, MB", peak, MOST_PEAK_MB),
        (f"{LARGE}x: one more day beyond the overhead at {SMALL}x / full build", share, MOST_DAY_SHARE),
    ]


def show_marks(judged: Iterable[tuple[str, float | None, float]]) -> None:
    print("\n## Marks\n")
    for name, figure, limit in judged:
        verdict = "not run" if figure is None else "pass" if figure <= limit else "FAIL"
        reached = "" if figure is None else f"{figure:.3g}"
        print(f"  {verdict:7}  {name}: {reached} (at most {limit:.3g})")


def save(results: Results, path: Path) -> None:
    """Results so far; a later factor that fails does not lose them."""
    content = {
        "runs": {
            str(factor): {name: asdict(pairs) for name, pairs in days.items()} for factor, days in results.items()
        },
        "marks": [{"mark": name, "figure": figure, "at_most": limit} for name, figure, limit in marks(results)],
        "cores": os.cpu_count(),
    }
    path.write_text(json.dumps(content, indent=1))


def middle(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--factor", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--runs", type=int, default=1, help="pairs per factor (default 1)")
    parser.add_argument("--rebuild", type=int, nargs="*", default=[1], help="factors at which the day is rebuilt")
    parser.add_argument("--work", type=Path, help="folder for extracts, homes and results; kept (default: temporary)")
    options = parser.parse_args()
    stop_if_checks_differ()
    results: Results = {}
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for factor in options.factor:
            results[factor] = compare(factor, options.runs, work)
            for name, pairs in results[factor].items():
                show(factor, name, pairs)
            save(results, work / "results.json")
            if factor in options.rebuild:
                rebuild(factor, work)
    show_marks(marks(results))


if __name__ == "__main__":
    main()
