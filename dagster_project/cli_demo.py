"""`tenure demo`: one short function a pack of sample data, each delegating."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from dagster_project.cli_options import settings_of_environment

demo = typer.Typer(help="Fill the inbox with sample data.", no_args_is_help=True)


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

    deliver_retail(settings_of_environment(), with_promotions=with_promotions, until=until)


@demo.command()
def telecom(
    *,
    customers: Annotated[int, typer.Option(min=100, help="People with a contract of their own.")] = 20_000,
    months: Annotated[int, typer.Option(min=2, max=120, help="Calendar months, that of --as-of included.")] = 18,
    seed: Annotated[int, typer.Option(min=0, help="Another number is another operator.")] = 1,
    as_of: Annotated[
        date,
        typer.Option(parser=date.fromisoformat, metavar="DATE", help="Last business day delivered."),
    ] = "2026-06-30",  # type: ignore[assignment] # typer parses the default
    events_per_customer: Annotated[
        int, typer.Option(min=1, max=100_000, help="Usage records for each customer, about; more is finer.")
    ] = 100,
    with_defects: Annotated[
        bool, typer.Option("--with-defects", help="Damage one file of each kind of defect, for the checks to find.")
    ] = False,
) -> None:
    """A simulated telecom operator, whose truth is known.

    Nobody in it exists. The same options give the same bytes.
    """
    from dagster_project.commands.work import deliver_telecom

    options = {"customers": customers, "months": months, "seed": seed, "events_per_customer": events_per_customer}
    deliver_telecom(settings_of_environment(), as_of=as_of, with_defects=with_defects, **options)
