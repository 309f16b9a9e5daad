"""A steward's word that a held file is right: it is loaded from landing as the next version of its place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import duckdb

from dagster_project.errors import ConfigurationError
from dagster_project.extract import landing
from dagster_project.extract.contract import Extract, SourceContract
from dagster_project.extract.intake import Delivery
from dagster_project.extract.judging import Job
from dagster_project.extract.ledger import LoadResult, naive_utc
from dagster_project.extract.loader import load_batch
from dagster_project.settings import Settings


def accept_load(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    contracts: Mapping[str, SourceContract],
    load_id: str,
    *,
    reason: str,
    as_of: date,
    now: datetime,
    run_id: str,
) -> LoadResult:
    """Load a file that was held because it has no rows, unusually few, or lacks too many records.

    What cannot be accepted is held again: bad rows, other columns, totals that differ. The ledger keeps the held
    delivery, superseded, and the reason with the new one.

    Args:
        con: Connection of `warehouse.connect`; no transaction may be open.
        settings: Where landing is.
        contracts: All contracts.
        load_id: The held delivery.
        reason: Why it is right, in the steward's words; no personal data.
        as_of: Business date from which on it counts.
        now: Current time, with a zone.
        run_id: Goes to the ledger.

    Raises:
        ConfigurationError: there is no such delivery, it is not held, its rows are in raw already, or its file is
            not in landing any more.

    Example:
        >>> accept_load(  # doctest: +SKIP
        ...     con, settings, contracts, "0c1f...", reason="a region was sold", as_of=day, now=now, run_id="r2"
        ... ).status
        'loaded'
    """
    contract, extract, delivery = _held(con, settings, contracts, load_id)
    landed = landing.land(settings, extract, delivery)
    if landed is None:
        raise ConfigurationError(f"{delivery.path} changes while it is read", "leave the landing folder alone")
    job = Job(con, settings, contract, extract, as_of, run_id, naive_utc(now), reason)
    (result,) = load_batch(job, [landed])
    return result


def _held(
    con: duckdb.DuckDBPyConnection, settings: Settings, contracts: Mapping[str, SourceContract], load_id: str
) -> tuple[SourceContract, Extract, Delivery]:
    rows = con.execute(
        "select system, extract, file, sha256, business_on, part, status, rows_loaded from ops.loads "
        "where load_id = $load_id",
        {"load_id": load_id},
    ).fetchall()
    if not rows:
        raise ConfigurationError(f"The ledger has no load {load_id}", "look it up with `tenure status`")
    system, name, file, sha256, business_on, part, status, rows_loaded = rows[0]
    if status != "held" or rows_loaded:
        what = "held by a check on its rows, which would hold it again" if status == "held" else status
        raise ConfigurationError(
            f"{file} of {system} ({business_on}) cannot be accepted: it is {what}", "look at it with `tenure status`"
        )
    contract = contracts[system]
    extract = next(item for item in contract.extracts if item.name == name)
    path = settings.landing / system / f"{sha256}.{extract.format}"
    if not path.exists():
        raise ConfigurationError(f"{file} of {system} ({business_on}) is not in {path.parent}", "deliver it again")
    state = path.stat()
    kept = landing.control_path(path)
    delivery = Delivery(
        system, name, file, path, business_on, part, state.st_size, state.st_mtime_ns,
        has_marker=False, control=kept if kept.exists() else None,
    )  # fmt: skip
    return contract, extract, delivery
