"""What Dagster loads: every definition below `defs/`, with the resources and the executor of this target.

What belongs here: `build_defs` and `defs`. Not: assets, jobs, schedules (in `defs/`), settings, SQL.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import dagster as dg

import dagster_project.defs
from dagster_project.components.resources import RunOptions, progress_logger, writer
from dagster_project.settings import Settings, active_settings, using

#: First day of the definitions that were built last in this process, if any were.
_built_from: Final[list[date]] = []


def build_defs(settings: Settings, *, overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All definitions, bound to `settings`; `overrides` replaces resources by key (tests)."""
    _forget_other_days(settings.start_on)
    with using(settings):
        tree = dg.ComponentTree.from_module(
            defs_module=dagster_project.defs, project_root=Path(__file__).resolve().parents[1]
        )
        found = tree.build_defs()
    resources = {"settings": settings, "run_options": RunOptions(), "writer": writer, **(overrides or {})}
    # The embedded target has one writing process: a process per step would only queue for the file,
    # and each would pay five to eight seconds of imports.
    ours = dg.Definitions(
        resources=resources,
        executor=dg.in_process_executor,
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
    )
    return dg.Definitions.merge(found, ours)


def _forget_other_days(start_on: date) -> None:
    """Modules below `defs/` take their partitions when they are imported: another first day imports them again."""
    if start_on not in _built_from:
        for name in [name for name in sys.modules if name.startswith(f"{dagster_project.defs.__name__}.")]:
            del sys.modules[name]
    _built_from[:] = [start_on]


@dg.definitions
def defs() -> dg.Definitions:
    return build_defs(active_settings())
