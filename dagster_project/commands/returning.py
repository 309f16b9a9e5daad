"""`tenure quarantine export | repair | replay`: quarantined rows out to a steward, and back into raw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from dagster_project.commands.state import books
from dagster_project.commands.terminal import amount, say
from dagster_project.errors import ConfigurationError
from dagster_project.extract import load_contracts, prepare
from dagster_project.extract.contract import Extract, SourceContract
from dagster_project.extract.payload import export_text, read_corrected
from dagster_project.extract.quarantine import originals
from dagster_project.extract.repair import Door, Returned
from dagster_project.quality import load_suites
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, writer_lock


class _Found(NamedTuple):
    load_id: str
    business_on: date
    contract: SourceContract
    extract: Extract


def export_rows(settings: Settings, load: str, path: Path) -> None:
    """Write the open rows of a load to a csv or jsonl file for correction; it holds personal data.

    Raises:
        ConfigurationError: there is no such load, no open row, or the file is there already.
        WarehouseBusyError: a run is writing.
    """
    kind = path.suffix.removeprefix(".")
    if kind not in {"csv", "jsonl"} or path.exists():
        raise ConfigurationError(f"{path} must be a new file ending in .csv or .jsonl", "give another --file")
    with books(settings, release_will_do=False) as (con, _):
        found = _find(settings, con, load)
        rows = originals(con, found.load_id)
    is_open = sum(row.is_open for row in rows)
    if not is_open:
        raise ConfigurationError(f"No row of load {found.load_id} is open in quarantine", "`tenure quarantine list`")
    path.touch(mode=0o600)
    path.write_text(export_text(found.extract, rows, kind), encoding="utf-8")
    say(
        f"Wrote {amount(is_open, 'row')} of load {found.load_id} to {path}; they may hold personal data. Correct them, "
        f"remove those that stay out, then `tenure quarantine repair {found.load_id} --file {path}`."
    )


def repair_rows(settings: Settings, load: str, path: Path, *, now: datetime, actor: str) -> None:
    """Bring corrected rows back into raw, all of them or none.

    Raises:
        ConfigurationError: there is no such load, the file is not right, or a row is still bad.
        WarehouseBusyError: a run is writing.
    """
    with _door(settings, load, "repair", now=now, actor=actor) as door:
        came_back = door.repair(read_corrected(door.extract, path))
    _tell(came_back, "corrected")


def replay_rows(settings: Settings, load: str, *, now: datetime, actor: str) -> None:
    """Try the rows of a load once more as they were, after its contract or suite changed.

    Raises:
        ConfigurationError: there is no such load.
        WarehouseBusyError: a run is writing.
    """
    with _door(settings, load, "replay", now=now, actor=actor) as door:
        came_back = door.replay()
    _tell(came_back, "unchanged")


def _tell(came_back: Returned, how: str) -> None:
    if came_back.load_id is None:
        say(f"No row passes; {amount(came_back.rows_open, 'row')} stay open. Nothing was changed.")
        return
    if not came_back.is_new:
        say(f"These rows are in raw already, as load {came_back.load_id}. Nothing was changed.")
        return
    say(
        f"{amount(came_back.rows, 'row')} {how} in raw as load {came_back.load_id}; {came_back.rows_open} stay open. "
        "Next: `tenure run`."
    )


@contextmanager
def _door(settings: Settings, load: str, what: str, *, now: datetime, actor: str) -> Iterator[Door]:
    with writer_lock(settings, holder=f"tenure quarantine {what}", since=now), connect(settings) as con:
        prepare(con, settings, load_contracts(settings))
        found = _find(settings, con, load)
        rules = _rules(settings, found)
        yield Door(con, settings, found.contract, found.extract, found.load_id, rules, now, actor)


def _find(settings: Settings, con: duckdb.DuckDBPyConnection, load: str) -> _Found:
    """The load that stands, by id or by file name."""
    rows = con.execute(
        """
        select load_id, system, extract, business_on from ops.loads
        where status = 'loaded' and repairs_load_id is null and (load_id = $load or file = $load)
        order by version desc limit 1
        """,
        {"load": load},
    ).fetchall()
    if not rows:
        raise ConfigurationError(
            f"No load '{load}' stands. A file that is held as a whole is corrected as a whole",
            "`tenure quarantine list`",
        )
    load_id, system, extract, business_on = rows[0]
    contract = load_contracts(settings).get(system)
    chosen = next((item for item in contract.extracts if item.name == extract), None) if contract else None
    if contract is None or chosen is None:
        raise ConfigurationError(f"No contract describes {system}.{extract} any more", "bring the contract back")
    return _Found(load_id, business_on, contract, chosen)


def _rules(settings: Settings, found: _Found) -> Mapping[str, str]:
    """What the raw suite would stop or set aside in the next run, but for keys and shares: those need all rows."""
    name = f"raw.{found.contract.table(found.extract)}"
    return {
        rule.id: predicate
        for suite in load_suites(settings)
        if suite.name == name
        for rule in suite.rules
        if rule.on_fail != "report" and not rule.type.is_windowed and "mostly" not in rule.kwargs
        and (predicate := rule.bad_row(found.business_on)) is not None
    }  # fmt: skip
