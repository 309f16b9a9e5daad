"""The operator's lines as arrays: what graph, fraud, places and usage read of the world, row by row the same line.

A line's place in the arrays is its ordinal: lines are sorted by subscription key. Whoever draws per line draws
arrays of that length. Simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: First of a hundred numbers that belong to services (weather, banks, parcels), in the range of the other networks.
FIRST_SERVICE_NUMBER: Final = 12_800_000_000
SERVICE_NUMBERS: Final = 100
_OTHER_NETWORK_NUMBERS: Final = 10**8 - SERVICE_NUMBERS

_LINES: Final = """
    select
        s.subscription_key, cast(s.msisdn as bigint) as msisdn, s.user_person_id as person_id,
        coalesce(p.household_id, -p.person_id) as household_id, coalesce(p.group_id, -1) as group_id,
        p.chattiness, dense_rank() over (order by p.city) - 1 as city,
        dense_rank() over (order by p.city, p.district, p.persona, year(p.born_on) // 8) - 1 as circle,
        coalesce(home.position, 0) as home_cell, coalesce(work.position, home.position, 0) as work_cell,
        s.started_on, coalesce(s.ended_on, c.left_on, date '9999-12-31') as ended_on
    from subscriptions as s
    inner join persons as p on p.person_id = s.user_person_id
    inner join customers as c on c.customer_key = s.customer_key
    left join cell_positions as home on home.cell_key = p.home_cell
    left join cell_positions as work on work.cell_key = p.work_cell
    order by s.subscription_key
"""


@dataclass(frozen=True, slots=True)
class Lines:
    """Arrays of one entry a line, and the cells by position.

    Attributes:
        subscription_key, msisdn, person_id, household_id: Keys; a person without a household has one of his own.
        group_id: Campus or enterprise; -1 for none.
        chattiness: How much the user talks, 0 to 1; 0.5 = as most do.
        city, circle: Numbers of the city, and of the people of one district, persona and age band.
        home_cell, work_cell: Positions in `cells`.
        started_on, ended_on: Days since 1970 of first and last use; 9999-12-31 for lines in use. Who leaves without
            a word keeps the line in the books, but does not use it.
        cells: Cell keys.
    """

    subscription_key: Ints
    msisdn: Ints
    person_id: Ints
    household_id: Ints
    group_id: Ints
    chattiness: Floats
    city: Ints
    circle: Ints
    home_cell: Ints
    work_cell: Ints
    started_on: Ints
    ended_on: Ints
    cells: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.subscription_key)

    def ordinals(self, subscription_keys: Ints) -> Ints:
        """Places of keys in the arrays; every key must be there."""
        return np.searchsorted(self.subscription_key, subscription_keys).astype(np.int64)


def read_lines(con: duckdb.DuckDBPyConnection) -> Lines:
    """The lines of the world, and table `cell_positions(cell_key, position)` that numbers the cells."""
    con.execute(
        "create or replace table cell_positions as "
        "select cell_key, row_number() over (order by cell_key) - 1 as position from cells"
    )
    cells = con.execute("select cell_key from cell_positions order by position").fetchall()
    arrays = con.execute(_LINES).fetchnumpy()
    days = {name: np.asarray(arrays.pop(name), "datetime64[D]").astype(np.int64) for name in ("started_on", "ended_on")}
    chattiness = np.asarray(arrays.pop("chattiness"), np.float64)
    columns = {name: np.asarray(values, np.int64) for name, values in arrays.items()}
    return Lines(**columns, **days, chattiness=chattiness, cells=tuple(str(key) for (key,) in cells))


def store(con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Any], select: str = "*") -> None:
    """Replace a table of the world by arrays, cut or cast by a select list."""
    con.register("arrays", pa.table(dict(columns)))
    try:
        con.execute(f"create or replace table {table} as select {select} from arrays")
    finally:
        con.unregister("arrays")


def mixed(values: Ints, salt: int) -> Ints:
    """A fixed scramble of numbers (splitmix64), 0 or more: the same key gives the same number in every run.

    >>> mixed(np.array([1, 2]), 7).tolist() == mixed(np.array([1, 2]), 7).tolist()
    True
    """
    bits = np.asarray(values).astype(np.uint64) + np.uint64(salt * 0x9E3779B97F4A7C15 % 2**64)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((bits ^ (bits >> np.uint64(31))) >> np.uint64(1)).astype(np.int64)


def other_network_number(values: Ints, salt: int) -> Ints:
    """A number of another network for each key."""
    return FIRST_SERVICE_NUMBER + SERVICE_NUMBERS + mixed(values, salt) % _OTHER_NETWORK_NUMBERS
