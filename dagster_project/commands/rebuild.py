"""`tenure rebuild`: make damaged files of the build again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.commands.terminal import amount, note, progress, say
from dagster_project.errors import ConfigurationError, WarehouseBusyError
from dagster_project.extract.contract import load_contracts
from dagster_project.extract.rebuilding import rebuild_lake, set_aside
from dagster_project.settings import Settings
from dagster_project.warehouse import engine_config, writer_lock


def rebuild(settings: Settings, *, everything: bool, now: datetime) -> None:
    """Set aside what does not open; load the lake again from landing, leave the warehouse to the next run.

    Args:
        settings: The home.
        everything: Also files that open.
        now: Clock of the command.

    Raises:
        ConfigurationError: all is in order.
    """
    with writer_lock(settings, holder="tenure rebuild", since=now):
        is_lake = everything or settings.rebuild_note.exists() or not _opens(settings.lake_file, settings)
        is_warehouse = everything or not _opens(settings.warehouse_file, settings)
        if not is_lake and not is_warehouse:
            raise ConfigurationError(
                "Both files of the build open: there is nothing to mend.",
                "`tenure rebuild --all` makes them again all the same",
            )
        if is_warehouse:
            _say_where(set_aside(settings.warehouse_file, now))
        if is_lake:
            with progress("Loading again from landing") as report:
                rebuilt = rebuild_lake(settings, load_contracts(settings), now=now, progress=report)
            say(f"Loaded {amount(rebuilt.deliveries, 'file')} again: {rebuilt.rows:,} rows.")
            if rebuilt.missing:
                note(f"{rebuilt.missing:,} are no longer in landing; their rows are gone.")
            if rebuilt.unlisted:
                note(f"{rebuilt.unlisted:,} files in landing are in no journal and were not loaded.")
    say("Next: `tenure run --full-refresh`." if is_warehouse else "Next: `tenure run`.")


def _opens(path: Path, settings: Settings) -> bool:
    """Whether a file of the build can be written; a missing one is no damage, unless the home has landing files."""
    if not path.exists():
        return path != settings.lake_file or not any(settings.landing.glob("*/*"))
    try:
        duckdb.connect(str(path), config=engine_config(settings)).close()
    except duckdb.Error as error:
        if "lock" in str(error):
            raise WarehouseBusyError(f"{path} is in use.", "wait for it to end") from error
        return False
    return True


def _say_where(aside: Path | None) -> None:
    if aside is not None:
        say(f"Set aside as {aside.name}; remove it when nobody needs it.")
