"""Run the `daily` job once and say where its CPU time went, as one JSON line on standard output.

    python tests/bench/street.py HOME AS_OF

Started as a process of its own by `bench.py`, so that imports and peak memory count.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

#: Step of the job → line of the table. A step that is missing here is shown under its own name.
PARTS: Final[Mapping[str, str]] = {
    "start": "imports, dbt parse, definitions",
    "conform": "dbt",
    "build_marts": "dbt",
    "activate": "dbt",
    "check_raw": "quality",
    "check_marts": "quality",
    "check_ml": "quality",
    "segment_customers": "models",
    "fit_churn": "models",
    "score_churn": "models",
    "release": "publish",
    "retention_report": "publish",
    "churn_list": "publish",
}


def part(step: str) -> str:
    return "load" if step.startswith("load_") else PARTS.get(step, step)


def main() -> None:
    home, as_of = Path(sys.argv[1]), date.fromisoformat(sys.argv[2])
    marks: list[tuple[str, float]] = [("start", 0.0)]

    def progress(step: str) -> None:
        marks.append((step, time.process_time()))

    from dagster_project import launch
    from dagster_project.settings import Settings

    summary = launch.run_daily(Settings(home=home), as_of, progress=progress)
    marks.append(("end", time.process_time()))
    seconds: dict[str, float] = {}
    for (step, since), (_, until) in pairwise(marks):
        name = part("start" if step == "Loading the project" else step)
        seconds[name] = seconds.get(name, 0.0) + until - since
    json.dump({"rows": dict(summary.rows), "parts": seconds}, sys.stdout)


if __name__ == "__main__":
    main()
