"""`tenure steward`: one short function a command, each delegating."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from dagster_project.cli_options import settings_of_environment, user

steward = typer.Typer(help="What stewards decide, and the next run obeys.", no_args_is_help=True)
identity = typer.Typer(help="Which records are one person.", no_args_is_help=True)
steward.add_typer(identity, name="identity")

Keys = Annotated[
    list[str], typer.Argument(metavar="KEY...", help="Keys of two records, or the id of one question of `review`.")
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, without personal data.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change; record nothing.")]


@identity.command("dry-run")
def identity_dry_run() -> None:
    """What the next run would merge and split with what is loaded and decided now."""
    from dagster_project.commands.identity import show_changes

    show_changes(settings_of_environment())


@identity.command("review")
def identity_review(
    review: Annotated[str | None, typer.Argument(metavar="REVIEW", help="Id of a question; none lists them.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most questions to list.")] = 20,
) -> None:
    """Open questions, likeliest first; or both records of one, side by side.

    They hold personal data.
    """
    from dagster_project.commands.identity import show_review, show_reviews

    settings = settings_of_environment()
    if review is None:
        show_reviews(settings, limit=limit)
    else:
        show_review(settings, review)


@identity.command("merge")
def identity_merge(keys: Keys, reason: Reason, dry_run: DryRun = False) -> None:
    """Two records are one person."""
    from dagster_project.commands.identity import merge

    merge(settings_of_environment(), keys, reason=reason, dry=dry_run, now=datetime.now(UTC), actor=user())


@identity.command("split")
def identity_split(keys: Keys, reason: Reason, dry_run: DryRun = False) -> None:
    """Two records are two people; with one key, that record is nobody else's."""
    from dagster_project.commands.identity import split

    split(settings_of_environment(), keys, reason=reason, dry=dry_run, now=datetime.now(UTC), actor=user())


@identity.command("history")
def identity_history(
    key: Annotated[str | None, typer.Argument(metavar="KEY", help="Key of a record; none lists all decisions.")] = None,
) -> None:
    """What was decided, and the ids that a record bore."""
    from dagster_project.commands.identity import show_history

    show_history(settings_of_environment(), key)
