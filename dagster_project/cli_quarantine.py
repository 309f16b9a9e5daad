"""`tenure quarantine`: one short function a command, each delegating."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.cli_options import settings_of_environment, user

quarantine = typer.Typer(help="Rows that were set aside while loading.", no_args_is_help=True)

Load = Annotated[str, typer.Argument(metavar="LOAD", help="Load id or file name, as `quarantine list` shows it.")]


@quarantine.command("list")
def quarantine_list() -> None:
    """How many rows each rule set aside, by file."""
    from dagster_project.commands.quarantine import show_list

    show_list(settings_of_environment())


@quarantine.command("show")
def quarantine_show(
    load: Load,
    limit: Annotated[int, typer.Option(min=1, help="Most rows to show.")] = 20,
) -> None:
    """The rows of one load as they were delivered.

    They may hold personal data.
    """
    from dagster_project.commands.quarantine import show_rows

    show_rows(settings_of_environment(), load, limit=limit)


@quarantine.command("export")
def quarantine_export(
    load: Load,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="New file, .csv or .jsonl.")],
) -> None:
    """Write the open rows of one load to a file, to be corrected.

    They may hold personal data.
    """
    from dagster_project.commands.returning import export_rows

    export_rows(settings_of_environment(), load, file)


@quarantine.command("repair")
def quarantine_repair(
    load: Load,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="Corrected rows, as `export` wrote them.")],
) -> None:
    """Bring corrected rows back into raw: all of the file or nothing of it.

    They pass the same casts and rules as a delivery. Twice changes nothing.
    """
    from dagster_project.commands.returning import repair_rows

    repair_rows(settings_of_environment(), load, file, now=datetime.now(UTC), actor=user())


@quarantine.command("replay")
def quarantine_replay(load: Load) -> None:
    """Try the rows of one load once more as they were, after its contract changed.

    Rows that still fail stay in quarantine.
    """
    from dagster_project.commands.returning import replay_rows

    replay_rows(settings_of_environment(), load, now=datetime.now(UTC), actor=user())
