"""`tenure accept`: a steward's word that a held file is right."""

from __future__ import annotations

from datetime import datetime

from dagster_project.commands.terminal import amount, say
from dagster_project.errors import ExtractHeldError
from dagster_project.extract import accept_load, latest_business_date, load_contracts, prepare
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, writer_lock


def accept_held(settings: Settings, load_id: str, *, reason: str, now: datetime) -> None:
    """Load a file that was held for a steward, as of the latest business date delivered.

    Raises:
        ConfigurationError: there is no such held file.
        ExtractHeldError: it is held for something that nobody can accept.
        WarehouseBusyError: a run is writing.
    """
    contracts = load_contracts(settings)
    with writer_lock(settings, holder="tenure accept", since=now), connect(settings) as con:
        prepare(con, settings, contracts)
        as_of = latest_business_date(con, settings, contracts) or now.date()
        result = accept_load(
            con, settings, contracts, load_id, reason=reason, as_of=as_of, now=now, run_id=f"accept-{load_id}"
        )
    if result.status != "loaded":
        raise ExtractHeldError(
            f"{result.file} of {result.system} ({result.business_on}) is {result.status}: {result.reason}.",
            "put a corrected file of the same name into the inbox, then `tenure run`",
        )
    say(f"Loaded {amount(result.rows_loaded, 'row')} of {result.file} as load {result.load_id}. Next: `tenure run`.")
