"""`tenure steward identity`: questions, decisions, and what they would change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final, Literal

import duckdb

from dagster_project import audit
from dagster_project.commands.state import books
from dagster_project.commands.terminal import amount, out, say, table
from dagster_project.errors import ConfigurationError, NotPublishedError
from dagster_project.identity import looking_up, read_decisions, record_decision, resolve
from dagster_project.identity.decisions import Decision, Record
from dagster_project.identity.reporting import changes
from dagster_project.packs import pack_of
from dagster_project.publish.release import published_release
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, writer_lock

_REVIEW_ID: Final = re.compile("[0-9a-f]{12}")
_HIDDEN: Final = frozenset({"source_system", "customer_key"})
_MOST_SHOWN: Final = 20


def show_changes(settings: Settings, tentative: Sequence[Decision] = ()) -> None:
    """Print what the next run would merge and split.

    Raises:
        ConfigurationError: no run has resolved anything yet, or there is nothing to resolve in this home.
        WarehouseBusyError: a run is writing.
    """
    with _resolved(settings) as (con, as_of):
        decisions = [*read_decisions(settings), *tentative]
        outcome = resolve(con, settings, decisions, as_of=as_of, dry=True)
        found = changes(con)
    say(
        f"As of {as_of}: {amount(outcome.affected, 'record')} of {outcome.records:,} would be looked at, "
        f"{amount(len(found), 'id')} would change."
    )
    if found:
        rows = [
            (change.kind, str(change.old_id), str(change.new_id), change.records, change.example) for change in found
        ]
        out().print(
            table(
                ("would", "from id", "to id", "records", "for example"),
                rows[:_MOST_SHOWN],
                right=frozenset({"records"}),
            )
        )
        if len(rows) > _MOST_SHOWN:
            say(f"... and {len(rows) - _MOST_SHOWN:,} more.")
    say("Nothing was changed.")


def show_reviews(settings: Settings, *, limit: int) -> None:
    """Print open questions, likeliest first."""
    with _resolved(settings) as (con, _):
        found = looking_up.reviews(con)
    if not found:
        say("No question is open.")
        return
    rows = [(r.review_id, r.kind, r.left[1], r.right[1], r.weight, r.evidence) for r in found[:limit]]
    out().print(
        table(("question", "kind", "record", "record", "weight", "evidence"), rows, right=frozenset({"weight"}))
    )
    if len(found) > limit:
        say(f"\n{len(found):,} questions are open; see more with --limit.")
    say(
        "\nBoth records side by side: `tenure steward identity review QUESTION`. "
        "Decide: `tenure steward identity merge|split QUESTION --reason TEXT`."
    )


def show_review(settings: Settings, review_id: str) -> None:
    """Print both records of a question, values and all."""
    with _resolved(settings) as (con, _):
        [review] = looking_up.reviews(con, review_id)
        left, right = (looking_up.attributes(con, side) for side in (review.left, review.right))
    say(f"{review.kind}, weight {review.weight}: {review.evidence}")
    names = [name for name in left if name not in _HIDDEN]
    rows = [(name, left[name], right.get(name), _same(left[name], right.get(name))) for name in names]
    out().print(table(("attribute", review.left[1], review.right[1], "same"), rows))


def merge(settings: Settings, keys: Sequence[str], *, reason: str, dry: bool, now: datetime, actor: str) -> None:
    """Record that two records are one person.

    Raises:
        ConfigurationError: a key is no record's, or the records are one person already.
        WarehouseBusyError: a run is writing.
    """
    with _resolved(settings) as (con, _):
        one, other = _two(con, keys)
        if other in looking_up.relatives(con, one):
            raise ConfigurationError(f"'{one[1]}' and '{other[1]}' are one person already.", "nothing: it is so")
    _decide(settings, "merge", [(one, other)], reason=reason, dry=dry, now=now, actor=actor)


def split(settings: Settings, keys: Sequence[str], *, reason: str, dry: bool, now: datetime, actor: str) -> None:
    """Record that two records are two people, or that one record is nobody else's.

    Raises:
        ConfigurationError: a key is no record's, or the one record is alone already.
        WarehouseBusyError: a run is writing.
    """
    with _resolved(settings) as (con, _):
        if len(keys) == 1 and not _REVIEW_ID.fullmatch(keys[0]):
            one = looking_up.record(con, keys[0])
            pairs = [(one, other) for other in looking_up.relatives(con, one)]
            if not pairs:
                raise ConfigurationError(f"'{one[1]}' is the only record of its person.", "nothing: it is so")
        else:
            pairs = [_two(con, keys)]
    _decide(settings, "split", pairs, reason=reason, dry=dry, now=now, actor=actor)


def show_history(settings: Settings, key: str | None) -> None:
    """Print decisions, and of one record the ids that it bore."""
    decisions = read_decisions(settings)
    if key is not None:
        with _resolved(settings) as (con, _):
            one = looking_up.record(con, key)
            periods = looking_up.periods(con, one)
        decisions = [decision for decision in decisions if any(one in pair for pair in decision.pairs)]
        out().print(table(("id", "from", "to"), [(str(number), first, last) for number, first, last in periods]))
    rows = [
        (d.decision_id, d.decided_at[:10], d.action, len(d.pairs), one[1], other[1], d.author, d.reason)
        for d in decisions
        for one, other in d.pairs[:1]
    ]
    if rows:
        names = ("decision", "on", "action", "pairs", "record", "record", "author", "reason")
        out().print(table(names, rows, right=frozenset({"pairs"})))
    else:
        say("Nothing was decided yet.")


def _same(one: object, other: object) -> str:
    """Whether two values agree; empty where one is not known."""
    if one is None or other is None:
        return ""
    return "yes" if one == other else "no"


def _two(con: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> tuple[Record, Record]:
    """The pair that two keys, or the id of a question, name."""
    if len(keys) == 1 and _REVIEW_ID.fullmatch(keys[0]):
        [review] = looking_up.reviews(con, keys[0])
        return review.left, review.right
    if len(keys) != 2 or keys[0] == keys[1]:
        raise ConfigurationError("Two different keys, or one question, are wanted.", "`tenure steward identity review`")
    return looking_up.record(con, keys[0]), looking_up.record(con, keys[1])


def _decide(
    settings: Settings,
    action: Literal["merge", "split"],
    pairs: Sequence[tuple[Record, Record]],
    *,
    reason: str,
    dry: bool,
    now: datetime,
    actor: str,
) -> None:
    if dry:
        show_changes(settings, [Decision("D0", action, tuple(pairs), reason, actor, now.isoformat())])
        return
    with writer_lock(settings, holder=f"tenure steward identity {action}", since=now):
        decision = record_decision(settings, action, pairs, reason=reason, author=actor, now=now)
        with connect(settings) as con:
            detail = amount(len(decision.pairs), "pair")
            audit.append(con, [audit.Event(now, actor, f"identity {action}", decision.decision_id, detail)])
    say(f"Decided as {decision.decision_id}: {action} of {amount(len(pairs), 'pair')}. Next: `tenure run`.")


@contextmanager
def _resolved(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, date]]:
    """A reading connection to a lake in which identity was resolved, and the business date of the release in place."""
    if pack_of(settings.pack).shared_customer_key:
        raise ConfigurationError(
            "The systems of this home share one customer number: nobody is in two records.", "nothing to decide here"
        )
    release = published_release(settings)
    if release is None:
        raise NotPublishedError("Nothing was resolved and published yet.", "`tenure run`")
    with books(settings, release_will_do=False) as (con, _):
        yield con, release.as_of
