"""`tenure backfill`: past business days one after the other, through the same job as a night."""

from __future__ import annotations

from datetime import date, timedelta

from dagster_project.commands.state import books
from dagster_project.commands.terminal import amount, note, progress, say
from dagster_project.errors import ConfigurationError
from dagster_project.extract import load_contracts
from dagster_project.extract.intake import deliveries
from dagster_project.launch import initialise, run_daily
from dagster_project.settings import Settings


def backfill(settings: Settings, first: date, last: date) -> None:
    """Run the daily job for each day from `first` to `last`; days whose state is current are left out.

    A day is current when its last run succeeded, nothing of that day or before was loaded since, and no file of it
    waits in the inbox. So an interrupted backfill goes on where it stopped.

    Raises:
        ConfigurationError: the range is empty.
        TenureError: a day cannot be run; the days before it are done.
    """
    if first > last:
        raise ConfigurationError(f"{first} is after {last}", "give --from the earlier day")
    if not settings.lake_file.exists():
        initialise(settings)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    # A day run out of its order would leave the release as of that day: those after it follow.
    todo = days[next((place for place, day in enumerate(days) if not _is_current(settings, day)), len(days)) :]
    if len(todo) < len(days):
        note(f"{amount(len(days) - len(todo), 'day')} of {len(days)} are current and left out.")
    with progress("Backfill") as report:
        for number, day in enumerate(todo, 1):
            report(f"{day}, day {number} of {len(todo)}")
            run_daily(settings, day, progress=lambda _: None)
    say(f"{amount(len(todo), 'day')} run, {amount(len(days) - len(todo), 'day')} current, up to {last}.")


def _is_current(settings: Settings, day: date) -> bool:
    waiting = (
        delivery
        for contract in load_contracts(settings).values()
        for delivery in deliveries(settings, contract, now=None, as_of=day)
    )
    with books(settings, release_will_do=False) as (con, _):
        [(is_done,)] = con.execute(
            """
            select coalesce(max(ended_at) >= (select max(loaded_at) from ops.loads where business_on <= $day), false)
            from ops.run_health where job = 'daily' and status = 'success' and as_of_on = $day
            """,
            {"day": day},
        ).fetchall()
    return bool(is_done) and next(waiting, None) is None
