"""Extracts to raw: contracts, intake of files, verification, loading, ledger and quarantine. Free of Dagster."""

from dagster_project.extract.accepting import accept_load
from dagster_project.extract.clauses import Column
from dagster_project.extract.contract import Extract, SourceContract, load_contracts
from dagster_project.extract.intake import Stray, strays
from dagster_project.extract.inventory import latest_business_date
from dagster_project.extract.ledger import (
    LoadResult,
    hold_loads,
    mark_checked,
    unchecked_loads,
    unresolved,
)
from dagster_project.extract.loader import load_extracts
from dagster_project.extract.quarantine import BadRow, BadRowCount, quarantine_summary, quarantined
from dagster_project.extract.retention import Expired, expire_landing
from dagster_project.extract.tables import prepare

__all__ = [
    "BadRow",
    "BadRowCount",
    "Column",
    "Expired",
    "Extract",
    "LoadResult",
    "SourceContract",
    "Stray",
    "accept_load",
    "expire_landing",
    "hold_loads",
    "latest_business_date",
    "load_contracts",
    "load_extracts",
    "mark_checked",
    "prepare",
    "quarantine_summary",
    "quarantined",
    "strays",
    "unchecked_loads",
    "unresolved",
]
