"""Commands that do work: deliver sample data, load, run, report. Each shows progress and what is next."""

from __future__ import annotations

import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Final

from dagster_project.commands.state import books
from dagster_project.commands.terminal import amount, duration, facts, note, out, progress, say, table
from dagster_project.errors import ConfigurationError, NotPublishedError
from dagster_project.home import choose_pack
from dagster_project.launch import RunSummary, compile_models, initialise, load_only, run_daily
from dagster_project.publish.release import published_release
from dagster_project.settings import Settings

_NEXT: Final = (
    ("tenure status", "what was loaded, per system"),
    ("tenure check", "every check and its latest result"),
    ('tenure query "from act_churn_list limit 10"', "who is likely to leave, and why"),
    ("tenure dev", "assets, checks and runs in Dagster"),
)


def create_home(settings: Settings, pack: str) -> None:
    """Create the home, of a pack where one is named."""
    if pack:
        settings = choose_pack(settings, pack)
    initialise(settings)
    compile_models(settings)
    say(
        f"{settings.home.resolve()} is ready, pack {settings.pack}. "
        f"Put extracts into inbox/<system>/, or `tenure demo {settings.pack}`."
    )


def deliver_retail(settings: Settings, *, with_promotions: bool, until: date | None) -> None:
    """Write the retail pack into the inbox."""
    from dagster_project.demo.retail import write_retail_inbox

    settings = choose_pack(settings, "retail")
    with progress("Delivering") as report:
        delivered = write_retail_inbox(settings, with_promotions=with_promotions, until=until, progress=report)
    kept = f"; {amount(delivered.files_kept, 'file')} were there before" if delivered.files_kept else ""
    say(
        f"Delivered {amount(delivered.files_written, 'file')} up to {delivered.last_on} into {settings.inbox}{kept}. "
        "Next: `tenure run`."
    )


def deliver_telecom(settings: Settings, *, as_of: date, with_defects: bool, **numbers: int) -> None:
    """Simulate an operator and write its extracts into the inbox; `numbers` are fields of `TelecomOptions`.

    Raises:
        ConfigurationError: an option is out of range, or the home holds data of another pack.
    """
    from dagster_project.demo.telecom.delivery import write_telecom_inbox
    from dagster_project.demo.telecom.options import TelecomOptions

    options = TelecomOptions(as_of=as_of, with_defects=with_defects, **numbers)
    settings = choose_pack(settings, "telecom", options.start_on)
    with progress("Simulating") as report:
        delivered = write_telecom_inbox(settings, options, progress=report)
    kept = f"; {amount(delivered.files_kept, 'file')} were there before" if delivered.files_kept else ""
    say(
        f"Delivered {amount(delivered.files_written, 'file')} of a simulated operator, {options.start_on} to "
        f"{delivered.last_on}, into {settings.inbox}{kept}. Next: `tenure run`."
    )


def load_inbox(settings: Settings, as_of: date | None) -> None:
    """Load and check up to `as_of`."""
    day = _business_date(settings, as_of)
    with progress(f"Loading up to {day}") as report:
        load_only(settings, day, report)
    say(f"Loaded up to {day}. See `tenure status`.")


def run_daily_job(settings: Settings, as_of: date | None, *, full_refresh: bool) -> None:
    """Run the daily job and summarise it."""
    day = _business_date(settings, as_of)
    with progress(f"Daily job, as of {day}") as report:
        summary = run_daily(settings, day, full_refresh=full_refresh, progress=report)
    _print_summary(settings, summary)


def write_report(settings: Settings) -> None:
    """Draw the report of the published release.

    Raises:
        NotPublishedError: there is no release yet.
    """
    from dagster_project.publish.report import render_report

    release = published_release(settings)
    if release is None:
        raise NotPublishedError(f"Nothing is published in {settings.home.resolve()}.", "`tenure run`")
    with progress("Report") as report:
        report(f"drawing release {release.release_id}")
        path = render_report(settings, as_of=release.as_of)
    say(f"The report as of {release.as_of} is {path}: one file, open it in a browser.")


def write_docs(settings: Settings) -> None:
    """Write dbt's documentation of the build.

    Raises:
        NotPublishedError: there is no release yet, so no tables to describe.
    """
    from dagster_project.transform import open_session

    release = published_release(settings)
    if release is None:
        raise NotPublishedError(f"Nothing is published in {settings.home.resolve()}.", "`tenure run`")
    with progress("Documentation") as report:
        report("reading the catalogue")
        path = open_session(settings).docs(as_of=release.as_of)
    say(f"The documentation of every table is {path}: one file, open it in a browser.")


def _business_date(settings: Settings, as_of: date | None) -> date:
    """What the user asked for, else the latest business date that was delivered."""
    if as_of is not None:
        return as_of
    from dagster_project.extract import latest_business_date, load_contracts

    if not settings.lake_file.exists():
        initialise(settings)
    contracts = load_contracts(settings)
    with books(settings) as (con, _):
        latest = latest_business_date(con, settings, contracts)
    if latest is None:
        raise ConfigurationError(
            f"Nothing has been delivered to {settings.inbox}.", f"put extracts there, or `tenure demo {settings.pack}`"
        )
    return latest


def _print_summary(settings: Settings, summary: RunSummary) -> None:
    took = duration(summary.seconds)
    if summary.released:
        say(f"Published release {summary.release_id}, as of {summary.as_of}, in {took}.")
    else:
        say(f"Nothing changed as of {summary.as_of} ({took}): release {summary.release_id} stays published.")
    say()
    out().print(table(("table", "rows"), summary.rows.items(), right=frozenset({"rows"})))
    say(f"\nContent {summary.content_hash[:12]}: the same input gives the same content.")
    if summary.failed_checks:
        note(f"\n{amount(summary.warnings, 'check')} failed, not blocking: {', '.join(summary.failed_checks)}.")
    say("\nWhere to look next")
    out().print(facts([(f"  {command}", what) for command, what in _NEXT]))
    say(f"The report: {settings.reports / 'latest.html'}")
    if shutil.which("tenure") is None:
        say(f"`tenure` is {sys.argv[0]}; `source {Path(sys.argv[0]).with_name('activate')}` puts it on your path.")
