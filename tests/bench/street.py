"""Run the `daily` job once and say where its CPU time went, as one JSON line on standard output.

    python tests/bench/street.py HOME AS_OF

Started as a process of its own by `bench.py`, so that imports and peak memory count. Libraries are imported and
dbt is parsed ahead of the job, so that each has a line of its own; the job does not do either a second time.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

#: Step of the job → line of the table. A step that is missing here is shown under its own name.
PARTS: Final[Mapping[str, str]] = {
    "conform": "dbt: staging, conformed",
    "build_marts": "dbt: marts",
    "activate": "dbt: activation",
    "check_raw": "checks: raw",
    "check_marts": "checks: marts",
    "check_ml": "checks: ml",
    "models__segments": "models: segments",
    "segment_customers": "models: segments",
    "fit_churn": "models: churn",
    "score_churn": "models: churn",
    "published__release": "publish: release",
    "exports__churn_list": "publish: list",
    "reports__retention_report": "publish: report",
}


class Clock:
    """CPU seconds of this process by part; a part lasts until the next one starts."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = 0.0
        self._part = "imports: Python, pydantic"

    def part(self, name: str) -> None:
        now = time.process_time()
        self.seconds[self._part] = self.seconds.get(self._part, 0.0) + now - self._since
        self._since, self._part = now, name

    def step(self, name: str) -> None:
        """A step of the job starts."""
        if name == "Loading the project":
            self.part("definitions")
        else:
            self.part("load" if name.startswith("load_") else PARTS.get(name, name))


def main() -> None:
    home, as_of = Path(sys.argv[1]), date.fromisoformat(sys.argv[2])
    clock = Clock()
    from dagster_project import launch
    from dagster_project.settings import Settings

    settings = Settings(home=home)
    launch.prepare_environment(settings)
    # As the job does before it imports what is imported here ahead of it.
    gc.set_threshold(200_000, 20, 100)
    clock.part("imports: Dagster")
    import dagster  # noqa: F401 - here and below only the time of importing is wanted

    clock.part("imports: dbt")
    import dagster_dbt  # noqa: F401
    import dbt.adapters.duckdb
    import dbt.cli.main  # noqa: F401

    clock.part("imports: Great Expectations")
    import dagster_project.quality.runner

    clock.part("imports: scikit-learn, pandas")
    import ml.churn
    import ml.segmentation  # noqa: F401

    clock.part("imports: Altair")
    import dagster_project.publish.report  # noqa: F401

    clock.part("set up")
    launch.initialise(settings)
    clock.part("dbt: parse")
    from dagster_project.transform import open_session

    _ = open_session(settings).manifest
    clock.part("set up")
    launch.run_daily(settings, as_of, progress=clock.step)
    clock.part("end")
    json.dump({"parts": clock.seconds}, sys.stdout)


if __name__ == "__main__":
    main()
