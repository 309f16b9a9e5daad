"""The journal of landing: one JSON line per numbered delivery, `landing/<system>.journal.jsonl`.

A file in landing says what was delivered; its line says when, under which name and as which version. Together
they are enough to load everything again in the order in which it came (`rebuilding`). Lines are written before
the rows are committed, so no load lacks one; a run that is killed in between writes the same line once more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal

import duckdb

from dagster_project.extract.intake import Delivery
from dagster_project.extract.judging import Job
from dagster_project.extract.ledger import Load
from dagster_project.failpoints import failpoint
from dagster_project.settings import Settings

#: Fields of a delivery that hold only while it lies in the inbox.
_PASSING: Final = frozenset({"path", "modified_ns", "has_marker", "control"})
#: The others, under their names in ops.loads.
_DELIVERY: Final = tuple(field.name for field in fields(Delivery) if field.name not in _PASSING)
_OF_A_LEDGER: Final = f"""
    select
        {", ".join(_DELIVERY)}, file_modified_at as modified_at, sha256, version, load_id,
        coalesce(known_from_on, business_on) as as_of, run_id, loaded_at, accepted_reason
    from ops.loads where system = $system and repairs_load_id is null
    order by loaded_at, extract, business_on, part, version
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line.

    Attributes:
        delivery: What was delivered; its path is empty, as the inbox has long let go of it.
        sha256: Of the delivered bytes.
        version, load_id: Its number for its place, and its key in `ops.loads`.
        as_of, run_id, loaded_at: The run that loaded it: business date, id, UTC without zone.
        accepted_reason: Why a steward let it in; None for an ordinary run.
    """

    delivery: Delivery
    sha256: str
    version: int
    load_id: str
    as_of: date
    run_id: str
    loaded_at: datetime
    accepted_reason: str | None


@dataclass(frozen=True, slots=True)
class Repair:
    """Rows that came back from quarantine: `landing/<system>/<sha256>.repair.jsonl` holds them.

    Attributes:
        repairs_load_id: The delivery whose rows they are.
        extract: Its extract.
        sha256: Of the file that holds them.
        status: `repaired` or `replayed`.
        known_from_on: Business date from which on they are in use; None before the first run.
        settled_at: When, UTC without zone.
    """

    repairs_load_id: str
    extract: str
    sha256: str
    status: Literal["repaired", "replayed"]
    known_from_on: date | None
    settled_at: datetime


def _repairs_of(settings: Settings, system: str) -> Path:
    return settings.landing / system / ".repairs.jsonl"


def path_of(settings: Settings, system: str) -> Path:
    return settings.landing / f"{system}.journal.jsonl"


def begin(con: duckdb.DuckDBPyConnection, settings: Settings, system: str) -> None:
    """Write the journal of a system from the ledger where there is none: a home of before journals, or a lost one."""
    path = path_of(settings, system)
    if path.exists():
        return
    result = con.execute(_OF_A_LEDGER, {"system": system})
    names = [column[0] for column in result.description or []]
    lines = [_line(dict(zip(names, row, strict=True))) for row in result.fetchall()]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text("".join(lines), encoding="utf-8")
    unfinished.replace(path)


def note(job: Job, loads: Sequence[Load]) -> None:
    """Write the lines of a batch and wait until they are on the disk."""
    if not loads:
        return
    _append(path_of(job.settings, job.contract.system), [_line(_values(job, load)) for load in loads])
    failpoint("journal.written")


def note_repair(settings: Settings, system: str, repair: Repair) -> None:
    """Write the line of rows that come back from quarantine and wait until it is on the disk."""
    path = _repairs_of(settings, system)
    path.parent.mkdir(parents=True, exist_ok=True)
    _append(path, [_line(asdict(repair))])


def repairs(settings: Settings, system: str) -> list[Repair]:
    """What came back from quarantine, in that order, each once."""
    path = _repairs_of(settings, system)
    if not path.exists():
        return []
    found: dict[tuple[str, str], Repair] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        with suppress(ValueError):
            values = json.loads(line)
            for name, parse in (("known_from_on", date.fromisoformat), ("settled_at", datetime.fromisoformat)):
                values[name] = parse(values[name]) if values[name] else None
            repair = Repair(**values)
            found[repair.repairs_load_id, repair.sha256] = repair
    return list(found.values())


def _append(path: Path, lines: Sequence[str]) -> None:
    with path.open("ab+") as file:
        # A line that a power cut broke must not swallow the next one.
        if file.tell():
            file.seek(-1, os.SEEK_END)
            lines = lines if file.read(1) == b"\n" else ["\n", *lines]
        file.write("".join(lines).encode())
        file.flush()
        os.fsync(file.fileno())


def entries(settings: Settings, system: str) -> list[Entry]:
    """The deliveries of a system in the order in which they were loaded, each once."""
    path = path_of(settings, system)
    if not path.exists():
        return []
    found: dict[str, Entry] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = _entry(line)
        if entry is not None:
            # A killed run wrote it too; what was committed is what came last.
            found.pop(entry.load_id, None)
            found[entry.load_id] = entry
    return sorted(found.values(), key=lambda entry: entry.loaded_at)


def unlisted(settings: Settings, system: str, listed: Iterable[Entry]) -> list[str]:
    """Names of files in landing that no line speaks of."""
    known = {entry.sha256 for entry in listed}
    folder = settings.landing / system
    return sorted(
        path.name
        for path in folder.glob("*")
        if not path.name.startswith(".")
        and not path.name.endswith(".repair.jsonl")
        and path.name.partition(".")[0] not in known
    )


def _values(job: Job, load: Load) -> dict[str, Any]:
    delivery = load.landed.delivery
    return {
        **{name: getattr(delivery, name) for name in _DELIVERY},
        "modified_at": delivery.modified_at,
        "sha256": load.landed.sha256,
        "version": load.version,
        "load_id": load.load_id,
        "as_of": job.as_of,
        "run_id": job.run_id,
        "loaded_at": job.loaded_at,
        "accepted_reason": job.accepted_reason,
    }


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, default=lambda moment: moment.isoformat(), ensure_ascii=False) + "\n"


def _entry(line: str) -> Entry | None:
    """The entry of a line; None for one that was cut off."""
    try:
        values = json.loads(line)
    except ValueError:
        return None
    modified = datetime.fromisoformat(values.pop("modified_at"))
    delivered = {name: values.pop(name) for name in _DELIVERY}
    delivered["business_on"] = date.fromisoformat(delivered["business_on"])
    since = modified - datetime(1970, 1, 1)  # noqa: DTZ001 - UTC without zone, as in the ledger
    modified_ns = (since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds) * 1_000
    values["as_of"] = date.fromisoformat(values["as_of"])
    values["loaded_at"] = datetime.fromisoformat(values["loaded_at"])
    return Entry(Delivery(path=Path(), modified_ns=modified_ns, **delivered), **values)
