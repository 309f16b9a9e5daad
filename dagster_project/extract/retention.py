"""How long landing keeps files: as long as the contract says, and longer while raw does not have their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from dagster_project.extract.contract import SourceContract
from dagster_project.extract.landing import control_path
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

#: Files of which every delivery is old and in raw: loaded, the same as what is loaded, or replaced after it was.
_EXPIRED: Final = """
    select sha256, any_value(file), any_value(business_on)
    from ops.loads
    where system = $system and extract = $extract
    group by sha256
    having max(business_on) < $before
        and bool_and(status in ('loaded', 'duplicate') or status = 'superseded' and known_from_on is not null)
    order by sha256
"""


@dataclass(frozen=True, slots=True)
class Expired:
    """A file removed from landing.

    Attributes:
        system, extract: What it was.
        file: A name under which it was delivered.
        business_on: A business date of it.
        bytes: What its removal freed, control file included.
    """

    system: str
    extract: str
    file: str
    business_on: date
    bytes: int


def expire_landing(settings: Settings, contracts: Mapping[str, SourceContract], as_of: date) -> list[Expired]:
    """Remove files of business dates more than `retention_days` before `as_of` whose rows are in raw.

    A warehouse can be built again only from what landing holds: extracts without `retention_days` keep it all. Held
    and rejected files stay, and files that the ledger does not know.

    Args:
        settings: Where landing and the ledger are; the warehouse is read, not written.
        contracts: All contracts.
        as_of: Business date of the run.

    Returns:
        What was removed; nothing where a file was gone already.

    Example:
        >>> expire_landing(settings, contracts, date(2017, 12, 31))  # doctest: +SKIP
        []
    """
    removed: list[Expired] = []
    with connect(settings, read_only=True) as con:
        for contract in contracts.values():
            for extract in contract.extracts:
                if extract.retention_days is None:
                    continue
                before = as_of - timedelta(days=extract.retention_days)
                place = {"system": contract.system, "extract": extract.name}
                for sha256, file, business_on in con.execute(_EXPIRED, place | {"before": before}).fetchall():
                    path = settings.landing / contract.system / f"{sha256}.{extract.format}"
                    if path.exists():
                        removed.append(
                            Expired(
                                contract.system, extract.name, file, business_on,
                                sum(_remove(item) for item in (path, control_path(path)) if item.exists()),
                            )
                        )  # fmt: skip
    return removed


def _remove(path: Path) -> int:
    size = path.stat().st_size
    path.unlink()
    return size
