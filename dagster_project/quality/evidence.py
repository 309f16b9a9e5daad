"""One page a suite and run: what was checked, what was found, the queries behind failures, and GX's own sections.

The page is Great Expectations' validation page in a frame of ours: GX's renderer writes the sections, our template
replaces everything around them. GX's own frame needs six content networks and calls a seventh with the context's
id; ours refers to nothing outside the file. Rendering one page takes about 8 ms; GX's site builder, which also
rewrites an index of all runs, is not used.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView

from dagster_project.quality.pages import TEMPLATES, docs_folder, write_page
from dagster_project.quality.results import RuleResult
from dagster_project.quality.scope import CheckedRows
from dagster_project.quality.suites import Suite

# Runs whose pages and results are kept; the results themselves stay in ops.check_results.
KEPT_RUNS: Final = 10


def run_name(run_id: str, now: datetime) -> str:
    """Name of a run's files: sorts by time.

    >>> run_name("8d6f3c20-aa", datetime(2026, 11, 21, 22, 5))
    '20261121T220500_8d6f3c20'
    """
    return f"{now:%Y%m%dT%H%M%S}_{run_id[:8]}"


def write_evidence(
    folder: Path,
    suite: Suite,
    rows: CheckedRows,
    results: Sequence[RuleResult],
    validated: ExpectationSuiteValidationResult | Exception,
) -> Path:
    """Write the page of one suite and drop those of runs beyond the newest `KEPT_RUNS`.

    Args:
        folder: `settings.gx`.
        suite: The suite that was run.
        rows: What it was run on.
        results: Its results.
        validated: GX's result, or why there is none.
    """
    first = results[0]
    page = docs_folder(folder) / suite.name / f"{run_name(first.run_id, first.checked_at)}.html"
    sections: list[Any] = []
    if not isinstance(validated, Exception):
        document = ValidationResultsPageRenderer().render(validated).to_json_dict()
        # The first section is GX's overview; ours is above it.
        sections = document["sections"][1:]
    html = _FRAME.render_page(suite=suite, rows=rows, results=results, run=first, sections=sections)
    write_page(page, html)
    _keep_newest(page.parent)
    _keep_newest(folder / "validations" / suite.schema_name / suite.table)
    return page


class _Frame(DefaultJinjaPageView):
    """GX's view with our page template around its section templates."""

    def __init__(self) -> None:
        super().__init__(custom_views_directory=str(TEMPLATES))

    def render_page(self, **values: Any) -> str:
        return str(self._get_template("evidence.html").render(**values))


_FRAME: Final = _Frame()


def _keep_newest(folder: Path) -> None:
    for old in sorted(folder.iterdir(), reverse=True)[KEPT_RUNS:] if folder.exists() else []:
        shutil.rmtree(old) if old.is_dir() else old.unlink()
