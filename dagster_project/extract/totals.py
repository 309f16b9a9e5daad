"""Control files: what the sender says that a file holds, and whether it does."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from dagster_project.extract.clauses import Control

#: Bytes of a control file that are read; more is none.
_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Totals:
    """What a control file says.

    Attributes:
        rows: Data rows of the file; None where the contract does not ask for them.
        sums: Column → its sum, exactly as sent.
        problem: Why the control file cannot be used, in words; None if it can.
    """

    rows: int | None = None
    sums: Mapping[str, Decimal] | None = None
    problem: str | None = None

    @property
    def sums_json(self) -> str | None:
        """The sums as the ledger keeps them: `{"charge": "12.50"}`."""
        return json.dumps({name: f"{value:f}" for name, value in sorted(self.sums.items())}) if self.sums else None


def read_totals(control: Control, path: Path) -> Totals:
    """What a control file says.

    Example:
        >>> path = Path(tmp) / "calls.csv.ctl"  # doctest: +SKIP
        >>> read_totals(Control(file=".ctl", format="json", rows="count"), path)  # doctest: +SKIP
        Totals(rows=24, sums={}, problem=None)
    """
    try:
        text = path.read_bytes()[:_MOST].decode("utf-8-sig")
        fields = json.loads(text) if control.format == "json" else next(csv.DictReader(text.splitlines()))
        rows = int(fields[control.rows]) if control.rows else None
        sums = {column: Decimal(str(fields[field]).strip()) for column, field in control.sums.items()}
    except KeyError as error:
        return Totals(problem=f"the control file has no field {error}")
    except (OSError, ValueError, TypeError, StopIteration, InvalidOperation):
        return Totals(problem=f"the control file is no {control.format} with numbers in the fields of the contract")
    return Totals(rows, sums)


def difference(totals: Totals, rows: int, sums: Mapping[str, object]) -> str | None:
    """What was read and is not what the control file says, in words; None if all agrees."""
    if totals.problem is not None:
        return totals.problem
    parts = []
    if totals.rows is not None and totals.rows != rows:
        parts.append(f"{totals.rows:,} rows expected, {rows:,} read")
    for column, expected in (totals.sums or {}).items():
        got = sums.get(column) or 0
        if not _is_equal(expected, got):
            parts.append(f"sum of {column} {expected:f} expected, {got} read")
    return f"it is not what its control file says: {'; '.join(parts)}" if parts else None


def _is_equal(expected: Decimal, got: object) -> bool:
    if isinstance(got, float):
        return math.isclose(float(expected), got, rel_tol=1e-9)
    return expected == Decimal(str(got))
