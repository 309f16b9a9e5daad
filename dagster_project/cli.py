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
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.cli_demo import demo
from dagster_project.cli_options import settings_of_environment
from dagster_project.cli_quarantine import quarantine
from dagster_project.cli_steward import steward
from dagster_project.errors import TenureError

app = typer.Typer(
    name="tenure",
    help="Nightly extracts become one checked customer picture. All state lives in TENURE_HOME.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
source = typer.Typer(help="Source systems.", no_args_is_help=True)
app.add_typer(demo, name="demo")
app.add_typer(quarantine, name="quarantine")
app.add_typer(source, name="source")
app.add_typer(steward, name="steward")

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
def init(
    pack: Annotated[
        str, typer.Option("--pack", metavar="PACK", help="Set of source systems the home is of: retail or telecom.")
    ] = "",
) -> None:
    """Create the home, where all state lives. Safe to repeat."""
    from dagster_project.commands.work import create_home

    create_home(settings_of_environment(), pack)


@source.command("new")
def source_new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new system: lower case, digits, _.")],
    sample: Annotated[
        Path,
        typer.Option("--from", metavar="FILE", help="A delivered file: csv, csv.gz, jsonl, jsonl.gz or parquet."),
    ],
    extract: Annotated[
        str, typer.Option("--extract", metavar="NAME", help="Name of the extract; default: from the file's name.")
    ] = "",
    entity: Annotated[
        str, typer.Option("--entity", metavar="NAME", help="Conformed entity that it feeds, for example `feedback`.")
    ] = "",
) -> None:
    """Describe a new source system from a sample file.

    Writes its contract, staging model and suite, and says what is left to do. Shows no value of the sample.
    """
    from dagster_project.commands.source import add_source

    add_source(settings_of_environment(), name, sample, extract=extract or None, entity=entity or None)


@app.command()
def load(as_of: AsOf = None) -> None:
    """Load and check what was delivered; build nothing."""
    from dagster_project.commands.work import load_inbox

    load_inbox(settings_of_environment(), as_of)


@app.command()
def accept(
    load_id: Annotated[str, typer.Argument(metavar="LOAD", help="Load id of a file that is held for a steward.")],
    reason: Annotated[str, typer.Option(help="Why it is right; goes to the ledger. No personal data.")],
) -> None:
    """Load a held file all the same: most records gone, unusually few rows, or none.

    Bad rows, other columns and differing control totals cannot be accepted: they need another file.
    """
    from dagster_project.commands.accepting import accept_held

    accept_held(settings_of_environment(), load_id, reason=reason, now=datetime.now(UTC))


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

    run_daily_job(settings_of_environment(), as_of, full_refresh=full_refresh)


@app.command()
def backfill(
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="First business day.")
    ],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="Last business day.")],
) -> None:
    """Run past business days one after the other.

    Days whose state is current are left out, so it may be interrupted and repeated.
    """
    from dagster_project.commands.backfill import backfill as run_backfill

    run_backfill(settings_of_environment(), first.date(), last.date())


@app.command()
def status() -> None:
    """Last release, last run, loaded files, and what is in the way."""
    from dagster_project.commands.status import show_status

    show_status(settings_of_environment())


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
        show_failing_rows(settings_of_environment(), rows)
    else:
        show_checks(settings_of_environment())


@app.command()
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT; `-` reads it from standard input.")],
    output: Annotated[Format, typer.Option("--format", help="How to print the result.")] = Format.table,
) -> None:
    """Query the published release.

    Read-only, and without access to files, the network or settings of the database.
    """
    from dagster_project.commands.query import show_result

    show_result(settings_of_environment(), sys.stdin.read() if sql == "-" else sql, output.value)


@app.command("query-group")
def query_group(
    expression: Annotated[
        str,
        typer.Argument(
            metavar="GROUP",
            help="Tags and attributes of `customer_360`, for example "
            "`tag:traveller and not tag:complaint_30d and monthly_fee_amount >= 58`.",
        ),
    ],
    as_sql: Annotated[bool, typer.Option("--sql", help="Print the SQL instead of asking.")] = False,
    count: Annotated[bool, typer.Option("--count", help="Only how many customers it has.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print the result.")] = Format.table,
) -> None:
    """The customers that tags and attributes describe.

    `and`, `or`, `not` and parentheses join terms: `tag:NAME`, `tag:NAME=VALUE`, `ATTRIBUTE >= VALUE`,
    `ATTRIBUTE is null`.
    """
    from dagster_project.commands.query_group import show_group

    show_group(settings_of_environment(), expression, output.value, as_sql=as_sql, count=count)


@app.command()
def report() -> None:
    """Draw the report of the published release again."""
    from dagster_project.commands.work import write_report

    write_report(settings_of_environment())


@app.command()
def docs() -> None:
    """Write dbt's pages on every table and column, with their lineage, as one file."""
    from dagster_project.commands.work import write_docs

    write_docs(settings_of_environment())


@app.command()
def doctor(
    reap: Annotated[bool, typer.Option("--reap", help="Mark runs whose process is gone as canceled.")] = False,
) -> None:
    """Look for what keeps Tenure from working."""
    from dagster_project.commands.doctor import examine

    examine(settings_of_environment(), reap=reap, now=datetime.now(UTC))


@app.command()
def rebuild(
    everything: Annotated[bool, typer.Option("--all", help="Also files that open.")] = False,
) -> None:
    """Make damaged files of the private build again, from landing.

    The old ones are set aside. The release stays published.
    """
    from dagster_project.commands.rebuild import rebuild

    rebuild(settings_of_environment(), everything=everything, now=datetime.now(UTC))


@app.command()
def dev(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 3000,
) -> None:
    """Serve Dagster's page: assets, checks, runs, schedules.

    Ctrl+C ends it.
    """
    from dagster_project.commands.dev import serve

    serve(settings_of_environment(), port)


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
    # A reader that went away, or a log on a full disk, says nothing about how the command ended.
    with suppress(OSError):
        sys.stdout.flush()
    with suppress(OSError):
        sys.stderr.flush()
    atexit._run_exitfuncs()
    # Not `sys.exit`: Great Expectations keeps DuckDB objects in caches until the interpreter is taken apart, and
    # DuckDB's bindings would then list each of them on standard error. Files are closed by now.
    os._exit(code)
