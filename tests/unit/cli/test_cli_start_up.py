"""Help and queries start fast: they import none of the packages that take seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.settings import Settings

HEAVY = ("dagster", "dbt", "great_expectations", "sklearn", "pandas", "pyarrow", "numpy", "altair", "rich")
SCRIPT = """
import sys
from dagster_project.cli import execute
execute()
print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["query", "select 1 as one", "--format", "csv"]], ids=" ".join
)
def test_nothing_heavy_is_imported(published: Settings, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=Path(__file__).resolve().parents[3],
        env={**os.environ, "TENURE_HOME": str(published.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(done.stderr.split())
    assert imported.isdisjoint(HEAVY), f"imported: {sorted(imported.intersection(HEAVY))}"
