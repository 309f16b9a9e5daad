"""What the audit log says of deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import duckdb

from dagster_project import audit


def record_events(con: duckdb.DuckDBPyConnection, rows: Iterable[Mapping[str, object]]) -> None:
    """Add an event for each new row of the ledger, in the caller's transaction."""
    audit.append(con, [event for row in rows if (event := _event(row)) is not None])


def _event(row: Mapping[str, object]) -> audit.Event | None:
    """What the audit log says of a delivery; the same contents again are nothing that happened."""
    if row["status"] not in {"loaded", "held", "rejected"} or not isinstance(row["loaded_at"], datetime):
        return None
    what = "load accepted" if row["status"] == "loaded" else "load held"
    place = f"{row['system']}.{row['extract']} {row['business_on']} {row['part']}".rstrip()
    detail = f"{place}: {row['rows_loaded']} rows loaded, {row['rows_quarantined']} quarantined"
    return audit.Event(row["loaded_at"], f"run {str(row['run_id'])[:8]}", what, str(row["load_id"]), detail)
