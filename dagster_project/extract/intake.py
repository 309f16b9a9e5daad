"""The inbox: which delivered files are complete, safe and known, and which are not.

Looks at names and file attributes only; nothing here opens a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from dagster_project.extract.contract import Extract, SourceContract
from dagster_project.packs import packs_with
from dagster_project.settings import Settings

#: Anything else in a name could be a path, a glob (DuckDB expands them even in bound file names) or an option.
_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
#: Names under which senders write what is not complete yet, and the marker of what is.
_PENDING: Final = (".tmp", ".part", ".done")


#: Extract, business date and part.
_Place = tuple[str, date, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A complete file of a known extract, waiting in the inbox.

    Attributes:
        system, extract: Names of the contract that takes it.
        file: Its name.
        path: Where it lies.
        business_on: Business date in its name.
        part: Part of that date in its name; empty where a day is one file.
        bytes: Its size.
        modified_ns: Its modification time in nanoseconds since 1970.
        has_marker: Whether `<file>.done` lies beside it.
        control: Its control file; None where the contract has none.
    """

    system: str
    extract: str
    file: str
    path: Path
    business_on: date
    part: str
    bytes: int
    modified_ns: int
    has_marker: bool = False
    control: Path | None = None

    @property
    def modified_at(self) -> datetime:
        """Modification time, UTC without zone, to the microsecond."""
        return datetime.fromtimestamp(self.modified_ns // 1_000_000_000, UTC).replace(
            microsecond=self.modified_ns % 1_000_000_000 // 1_000, tzinfo=None
        )


@dataclass(frozen=True, slots=True)
class Stray:
    """A file in the inbox that no contract takes, and why."""

    system: str
    file: str
    reason: str


def deliveries(
    settings: Settings, contract: SourceContract, *, now: datetime | None, as_of: date | None = None
) -> list[Delivery]:
    """Complete files of one system, ordered by extract, business date, part and name.

    Args:
        settings: Where the inbox is.
        contract: The system.
        now: Current time, with a zone; decides what has settled. None takes files that are not complete, too.
        as_of: Later business dates stay in the inbox; None takes every date.
    """
    entries = _entries(settings.inbox / contract.system)
    names = {entry.name for entry in entries}
    controls = _controls(entries, contract)
    found = [
        delivery
        for entry in entries
        if _refusal(entry) is None and (delivery := _recognise(entry, contract, names, controls, now)) is not None
    ]
    wanted = [delivery for delivery in found if as_of is None or delivery.business_on <= as_of]
    return sorted(wanted, key=lambda item: (item.extract, item.business_on, item.part, item.file))


def strays(settings: Settings, contracts: Mapping[str, SourceContract]) -> list[Stray]:
    """Files in the inbox that will never be loaded as they are: unknown, misnamed or unsafe."""
    return [
        Stray(folder.name, ascii(entry.name)[1:-1], reason)
        for folder in _folders(settings.inbox)
        for entry in _entries(folder)
        if (reason := _reason(entry, contracts.get(folder.name), settings.pack)) is not None
    ]


def _reason(entry: os.DirEntry[str], contract: SourceContract | None, pack: str) -> str | None:
    if contract is None:
        owners = packs_with(Path(entry.path).parent.name)
        if owners:
            return f"the system belongs to pack {' and '.join(owners)}, this home is {pack}"
        return "no source system has this name"
    refusal = _refusal(entry)
    if refusal is not None or entry.name.endswith(_PENDING):
        return refusal
    taken = any(extract.business_date(entry.name) or extract.controlled(entry.name) for extract in contract.extracts)
    return None if taken else "no extract of this system has files of this name"


def _refusal(entry: os.DirEntry[str]) -> str | None:
    if entry.is_symlink():
        return "symbolic links are not followed"
    if not entry.is_file(follow_symlinks=False):
        return "it is not a file"
    if not _SAFE_NAME.fullmatch(entry.name):
        return "the name holds characters that are not allowed"
    return None


def _recognise(
    entry: os.DirEntry[str],
    contract: SourceContract,
    names: Set[str],
    controls: Mapping[_Place, os.DirEntry[str]],
    now: datetime | None,
) -> Delivery | None:
    has_marker = f"{entry.name}.done" in names
    if entry.name.endswith(_PENDING):
        return None
    for extract in contract.extracts:
        business_on = extract.business_date(entry.name)
        if business_on is None:
            continue
        state = entry.stat(follow_symlinks=False)
        part = extract.part(entry.name)
        control = controls.get((extract.name, business_on, part))
        if now is not None:
            changed = max(state.st_mtime, control.stat(follow_symlinks=False).st_mtime if control else 0.0)
            if not has_marker and not _is_complete(extract, changed, now):
                return None
            if extract.control is not None and control is None:
                return None
        return Delivery(
            system=contract.system,
            extract=extract.name,
            file=entry.name,
            path=Path(entry.path),
            business_on=business_on,
            part=part,
            bytes=state.st_size,
            modified_ns=state.st_mtime_ns,
            has_marker=has_marker,
            control=Path(control.path) if control else None,
        )
    return None


def _controls(entries: Sequence[os.DirEntry[str]], contract: SourceContract) -> dict[_Place, os.DirEntry[str]]:
    """Control files by the place of their data file."""
    return {
        (extract.name, *place): entry
        for extract in contract.extracts
        if extract.control is not None
        for entry in entries
        if _refusal(entry) is None and (place := extract.controlled(entry.name)) is not None
    }


def _is_complete(extract: Extract, modified: float, now: datetime) -> bool:
    if extract.delivery == "rename":
        return True
    return extract.delivery == "settle" and now.timestamp() - modified >= extract.settle_seconds


def _folders(inbox: Path) -> Iterator[Path]:
    if inbox.is_dir():
        yield from sorted(path for path in inbox.iterdir() if path.is_dir() and not path.is_symlink())


def _entries(folder: Path) -> Sequence[os.DirEntry[str]]:
    """What lies in a folder; hidden files are senders' scratch files."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return [item for item in entries if not item.name.startswith(".")]
