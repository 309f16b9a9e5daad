"""What the value models know of customers at a cut-off, as columns that are checked once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.errors import InputError
from ml.frames import day_number, days, integers, matrix, require
from ml.value_schemas import VALUE_EXPOSURES, VALUE_HISTORIES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PURCHASE: Final = "purchase"
CONTRACT: Final = "contract"
_DAYS_A_WEEK: Final = 7.0


@dataclass(frozen=True)
class Histories:
    """Customers of one basis at one cut-off, ordered by customer. Weeks count from the first order day.

    What the other basis tells is NaN; `outcome` is NaN as long as the horizon is not over.
    """

    customer: Integers
    repeats: Floats
    last_week: Floats
    weeks: Floats
    spend: Floats
    tenure: Integers
    months: Floats
    amount: Floats
    squares: Floats
    sales: Floats
    last_period: Floats
    outcome: Floats

    def at(self, mask: NDArray[np.bool_]) -> Histories:
        """The customers where `mask` is true."""
        return Histories(*(getattr(self, field.name)[mask] for field in fields(self)))


@dataclass(frozen=True)
class Exposures:
    """The life table before one cut-off: customers at risk and gone by month of tenure."""

    tenure: Integers
    at_risk: Integers
    ended: Integers


def check(histories: pa.Table, exposures: pa.Table) -> None:
    """Raise `InputError` for a missing column or a customer who appears twice at a cut-off."""
    require(histories, VALUE_HISTORIES.names, "value histories")
    require(exposures, VALUE_EXPOSURES.names, "contract exposures")
    customer, cutoff = integers(histories, "customer_id"), days(histories, "cutoff_on")
    order = np.lexsort((customer, cutoff))
    doubled = int(((np.diff(customer[order]) == 0) & (np.diff(cutoff[order]) == 0)).sum())
    if doubled:
        raise InputError(f"value histories: {doubled} row(s) repeat a customer at a cut-off; each may appear once.")


def histories_at(table: pa.Table, cutoff: date, basis: str) -> Histories:
    """Rows of `schemas.VALUE_HISTORIES` of one cut-off and basis."""
    day = day_number(cutoff)
    at = days(table, "cutoff_on") == day
    at &= np.asarray(table["basis"].to_numpy() == basis)
    rows = table.filter(pa.array(at)).sort_by("customer_id")
    names = [
        "order_days", "repeat_amount", "month_count", "billed_amount", "billed_squares", "sold_amount",
        "last_period_amount", "outcome_amount",
    ]  # fmt: skip
    order_days, repeat_amount, *rest = matrix(rows, names).T
    first, last = days(rows, "first_on"), days(rows, "last_on")
    repeats = order_days - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        spend = np.where(repeats > 0, repeat_amount / repeats, 0.0)
    return Histories(
        integers(rows, "customer_id"),
        repeats,
        (last - first) / _DAYS_A_WEEK,
        (day - first) / _DAYS_A_WEEK,
        spend,
        integers(rows, "tenure_months"),
        *rest,
    )


def exposures_at(table: pa.Table, cutoff: date) -> Exposures:
    """Rows of `schemas.VALUE_EXPOSURES` of one cut-off."""
    rows = table.filter(pa.array(days(table, "cutoff_on") == day_number(cutoff)))
    return Exposures(*(integers(rows, name) for name in ("tenure_months", "at_risk", "ended")))


def fingerprint(histories: pa.Table, exposures: pa.Table, settings: str) -> str:
    """SHA-256 of all that a fit sees, hex; the order of rows does not count."""
    digest = hashlib.sha256(settings.encode())
    for table, keys in ((histories, ("cutoff_on", "customer_id")), (exposures, ("cutoff_on", "tenure_months"))):
        rows = table.sort_by([(key, "ascending") for key in keys])
        digest.update(np.ascontiguousarray(days(rows, "cutoff_on")).tobytes())
        for name in rows.column_names:
            kind = rows.schema.field(name).type
            if name == "basis":
                digest.update(np.asarray(rows[name].to_numpy() == PURCHASE).tobytes())
            elif not pa.types.is_date(kind):
                digest.update(np.ascontiguousarray(matrix(rows, [name])).tobytes())
            else:
                digest.update(np.ascontiguousarray(days(rows, name)).tobytes())
    return digest.hexdigest()
