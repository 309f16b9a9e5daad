"""`tenure quarantine`: rows that the loader set aside, and why."""

from __future__ import annotations

from typing import Final

from dagster_project.commands.state import books
from dagster_project.commands.terminal import amount, out, say, table
from dagster_project.errors import ConfigurationError
from dagster_project.extract import quarantine_summary, quarantined
from dagster_project.settings import Settings

_LOADS: Final = "select load_id from ops.loads where load_id = $load or file = $load order by business_on, version"


def show_list(settings: Settings) -> None:
    """Print how many rows each rule set aside, by file; most first.

    Raises:
        WarehouseBusyError: a run is writing.
    """
    with books(settings, release_will_do=False) as (con, _):
        counts = quarantine_summary(con)
    if not counts:
        say("The quarantine is empty.")
        return
    rows = [(c.system, c.source_file, c.load_id, c.rule, c.column_name, c.rows) for c in counts]
    out().print(table(("system", "file", "load", "rule", "column", "rows"), rows, right=frozenset({"rows"})))
    say("\nSee the rows: `tenure quarantine show LOAD`")


def show_rows(settings: Settings, load: str, *, limit: int) -> None:
    """Print rows of one delivery as they came; they may hold personal data.

    Args:
        settings: Names the files.
        load: Load id, or name of a delivered file.
        limit: Most rows to print.

    Raises:
        ConfigurationError: no quarantined row belongs to `load`.
        WarehouseBusyError: a run is writing.
    """
    with books(settings, release_will_do=False) as (con, _):
        load_ids = [load_id for (load_id,) in con.execute(_LOADS, {"load": load}).fetchall()]
        found = [row for load_id in load_ids for row in quarantined(con, load_id, limit=limit + 1)]
    if not found:
        raise ConfigurationError(f"No row in quarantine belongs to '{load}'.", "`tenure quarantine list`")
    rows = [(row.row_number, row.rule, row.column_name, row.status, row.payload) for row in found[:limit]]
    out().print(table(("row", "rule", "column", "status", "as delivered"), rows, right=frozenset({"row"})))
    if len(found) > limit:
        say(f"\nThere are more than {amount(limit, 'row')}; see them with --limit.")
