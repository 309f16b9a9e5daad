"""The `tenure` command line: one short function a command, each delegating.

Heavy packages (Dagster, dbt, Great Expectations, scikit-learn) are imported inside the command that needs
them, so that help and queries start in a fraction of a second.
"""

from __future__ import annotations

import atexit
import os
import sys
import warnings
from contextlib import suppress
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_project import failpoints
from dagster_project.errors import ConfigurationError, TenureError

if TYPE_CHECKING:
    from dagster_project.settings import Settings

app = typer.Typer(
    name="tenure",
    help="Nightly extracts become one checked customer picture. All state lives in TENURE_HOME.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
demo = typer.Typer(help="Fill the inbox with sample data.", no_args_is_help=True)
quarantine = typer.Typer(help="Rows that were set aside while loading.", no_args_is_help=True)
app.add_typer(demo, name="demo")
app.add_typer(quarantine, name="quarantine")

AsOf = Annotated[
    date | None,
    typer.Option(
        parser=date.fromisoformat,
        metavar="DATE",
        help="Business date of the run; default: the latest delivered.",
    ),
]


class Format(StrEnum):
    """How `tenure query` prints a result."""

    table = "table"
    csv = "csv"
    json = "json"


@app.command()
def init() -> None:
    """Create the home, where all state lives. Safe to repeat."""
    from dagster_project.commands.terminal import say
    from dagster_project.launch import compile_models, initialise

    settings = _settings()
    initialise(settings)
    compile_models(settings)
    say(f"{settings.home.resolve()} is ready. Put extracts into inbox/<system>/, or `tenure demo retail`.")


@demo.command()
def retail(
    with_promotions: Annotated[
        bool, typer.Option("--with-promotions", help="Also the 20.9 million rows of promotions.")
    ] = False,
    until: Annotated[
        date | None,
        typer.Option(parser=date.fromisoformat, metavar="DATE", help="Deliver up to this day only (2017-01-01 on)."),
    ] = None,
) -> None:
    """A year of a grocery chain: 2,469 households, 2017.

    Delivered as its source systems would: one file a system and day.
    """
    from dagster_project.commands.work import deliver_retail

    deliver_retail(_settings(), with_promotions=with_promotions, until=until)


@app.command()
def load(as_of: AsOf = None) -> None:
    """Load and check what was delivered; build nothing."""
    from dagster_project.commands.work import load_inbox

    load_inbox(_settings(), as_of)


@app.command()
def accept(
    load_id: Annotated[str, typer.Argument(metavar="LOAD", help="Load id of a file that is held for a steward.")],
    reason: Annotated[str, typer.Option(help="Why it is right; goes to the ledger. No personal data.")],
) -> None:
    """Load a held file all the same: most records gone, unusually few rows, or none.

    Bad rows, other columns and differing control totals cannot be accepted: they need another file.
    """
    from dagster_project.commands.accepting import accept_held

    accept_held(_settings(), load_id, reason=reason, now=datetime.now(UTC))


@app.command()
def run(
    as_of: AsOf = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild every table instead of what changed.")
    ] = False,
) -> None:
    """Load, check, build, score and publish one business day.

    A blocking check that fails leaves the last release published.
    """
    from dagster_project.commands.work import run_daily_job

    run_daily_job(_settings(), as_of, full_refresh=full_refresh)


@app.command()
def status() -> None:
    """Last release, last run, loaded files, and what is in the way."""
    from dagster_project.commands.status import show_status

    show_status(_settings())


@app.command()
def check(
    rows: Annotated[
        str,
        typer.Option("--rows", metavar="CHECK", help="Show rows that fail this check, from the private build."),
    ] = "",
) -> None:
    """The latest result of every check, by suite.

    Ends with code 5 if a blocking one fails.
    """
    from dagster_project.commands.checks import show_checks, show_failing_rows

    if rows:
        show_failing_rows(_settings(), rows)
    else:
        show_checks(_settings())


@app.command()
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT; `-` reads it from standard input.")],
    output: Annotated[Format, typer.Option("--format", help="How to print the result.")] = Format.table,
) -> None:
    """Query the published release.

    Read-only, and without access to files, the network or settings of the database.
    """
    from dagster_project.commands.query import show_result

    show_result(_settings(), sys.stdin.read() if sql == "-" else sql, output.value)


@quarantine.command("list")
def quarantine_list() -> None:
    """How many rows each rule set aside, by file."""
    from dagster_project.commands.quarantine import show_list

    show_list(_settings())


@quarantine.command("show")
def quarantine_show(
    load: Annotated[str, typer.Argument(metavar="LOAD", help="Load id or file name, as `quarantine list` shows it.")],
    limit: Annotated[int, typer.Option(min=1, help="Most rows to show.")] = 20,
) -> None:
    """The rows of one load as they were delivered.

    They may hold personal data.
    """
    from dagster_project.commands.quarantine import show_rows

    show_rows(_settings(), load, limit=limit)


@app.command()
def report() -> None:
    """Draw the report of the published release again."""
    from dagster_project.commands.work import write_report

    write_report(_settings())


@app.command()
def docs() -> None:
    """Write dbt's pages on every table and column, with their lineage, as one file."""
    from dagster_project.commands.work import write_docs

    write_docs(_settings())


@app.command()
def doctor(
    reap: Annotated[bool, typer.Option("--reap", help="Mark runs whose process is gone as canceled.")] = False,
) -> None:
    """Look for what keeps Tenure from working."""
    from dagster_project.commands.doctor import examine

    examine(_settings(), reap=reap, now=datetime.now(UTC))


@app.command()
def rebuild(
    everything: Annotated[bool, typer.Option("--all", help="Also files that open.")] = False,
) -> None:
    """Make damaged files of the private build again, from landing.

    The old ones are set aside. The release stays published.
    """
    from dagster_project.commands.rebuild import rebuild

    rebuild(_settings(), everything=everything, now=datetime.now(UTC))


@app.command()
def dev(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 3000,
) -> None:
    """Serve Dagster's page: assets, checks, runs, schedules.

    Ctrl+C ends it.
    """
    from dagster_project.commands.dev import serve

    serve(_settings(), port)


def _settings() -> Settings:
    from pydantic import ValidationError

    from dagster_project.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        problem = error.errors()[0]
        name = "_".join(["TENURE", *map(str, problem["loc"])]).upper()
        raise ConfigurationError(
            f"The setting {name} is not usable: {problem['msg']}.",
            "correct it in the environment or in `.env`",
        ) from error
    failpoints.arm(settings.failpoint)
    return settings


def execute() -> int:
    """Run the command of `sys.argv`; an error a user can act on becomes one paragraph. Returns the exit code."""
    from dagster_project.commands import failure

    try:
        app()
    except SystemExit as ended:
        return int(ended.code or 0)
    except TenureError as error:
        return failure.show(error)
    except Exception as error:  # noqa: BLE001 - the last resort before a traceback in a user's face
        return failure.show(failure.explain(error, datetime.now(UTC)))
    return 0


def main() -> None:
    """Entry point of `tenure`."""
    if not sys.warnoptions:
        # Warnings of libraries are for developers, who see them in tests; `python -W` shows them here too.
        warnings.simplefilter("ignore")
    code = execute()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    atexit._run_exitfuncs()
    # Not `sys.exit`: Great Expectations keeps DuckDB objects in caches until the interpreter is taken apart, and
    # DuckDB's bindings would then list each of them on standard error. Files are closed by now.
    os._exit(code)
