"""Resources that every op of the street takes: the right to write, and the options of this run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from dagster_project.warehouse import writer_lock


class RunOptions(dg.ConfigurableResource):
    """Options of one run; also in the launchpad of the UI.

    Attributes:
        full_refresh: Rebuild incremental tables from raw instead of the changed partitions only.
    """

    full_refresh: bool = False


@dg.resource(required_resource_keys={"settings"}, description="Holds the warehouse for writing during the run.")
def writer(context: dg.InitResourceContext) -> Iterator[None]:
    holder = f"run {context.run_id[:8]}" if context.run_id else "a run"
    with writer_lock(context.resources.settings, holder=holder, since=datetime.now(UTC)):
        yield


@dg.logger(description="Hands the events of a run to whoever listens to `tenure.progress` in this process.")
def progress_logger(_: dg.InitLoggerContext) -> logging.Logger:
    return logging.getLogger("tenure.progress")
