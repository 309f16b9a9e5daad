"""Checked steps from Arrow tables to NumPy: columns that exist, keys that are unique, dates that match."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.errors import InputError

_EPOCH: Final = date(1970, 1, 1)


def require(table: pa.Table, columns: Sequence[str], what: str) -> None:
    """Raise `InputError` when `table` (named `what` in the message) lacks one of `columns`."""
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise InputError(f"{what}: missing column(s) {', '.join(missing)}; found {', '.join(table.column_names)}.")


def matrix(table: pa.Table, columns: Sequence[str]) -> NDArray[np.float64]:
    """The columns side by side as float64, null as NaN; column-major, since it is read by column."""
    out = np.empty((table.num_rows, len(columns)), dtype=np.float64, order="F")
    for position, name in enumerate(columns):
        values = pc.cast(table.column(name).combine_chunks(), pa.float64())
        out[:, position] = values.to_numpy(zero_copy_only=False)
    return out


def integers(table: pa.Table, column: str) -> NDArray[np.int64]:
    """A column of whole numbers without nulls."""
    values = table.column(column)
    if values.null_count:
        raise InputError(f"{column}: {values.null_count} null(s) where none is allowed.")
    numbers: NDArray[np.int64] = pc.cast(values.combine_chunks(), pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def days(table: pa.Table, column: str) -> NDArray[np.int64]:
    """A date column as days since 1970-01-01."""
    values = table.column(column)
    if values.null_count:
        raise InputError(f"{column}: {values.null_count} null(s) where none is allowed.")
    whole = pc.cast(pc.cast(values.combine_chunks(), pa.date32()), pa.int32())
    numbers: NDArray[np.int64] = whole.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def day_number(day: date) -> int:
    """Days since 1970-01-01.

    >>> day_number(date(1970, 1, 15))
    14
    """
    return (day - _EPOCH).days


def day_date(number: int) -> date:
    """The date of a day number.

    >>> day_date(14)
    datetime.date(1970, 1, 15)
    """
    return date.fromordinal(_EPOCH.toordinal() + int(number))


def snapshot(table: pa.Table, as_of: date, columns: Sequence[str]) -> pa.Table:
    """One row per customer at `as_of`, ordered by customer_id: what a scorer may rely on.

    Raises `InputError` for a missing column, a row of another day, or a customer that appears twice.
    """
    require(table, ["customer_id", "cutoff_on", *columns], "customer features")
    other = int((days(table, "cutoff_on") != day_number(as_of)).sum())
    if other:
        raise InputError(f"customer features: {other} of {table.num_rows} row(s) are not of {as_of}.")
    ids = integers(table, "customer_id")
    order = np.argsort(ids, kind="stable")
    doubled = int((np.diff(ids[order]) == 0).sum())
    if doubled:
        raise InputError(f"customer features: {doubled} customer(s) appear more than once at {as_of}.")
    needed = table.select(["customer_id", *columns])
    return needed if bool((np.diff(order) == 1).all()) else needed.take(pa.array(order))
