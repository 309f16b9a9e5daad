"""Where people are: home, work and two places where they meet the others of their community. Simulated.

`where` says at which of them a line is when it is used: at home by night, at work on weekdays, out in the evening.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np

from dagster_project.demo.telecom.line_arrays import Bools, Ints, Lines, mixed, store

if TYPE_CHECKING:
    from dagster_project.demo.telecom.world import World

PLACES: Final = ("home", "work", "hangout", "hangout")
#: Meeting places of a community.
_MEETING_PLACES: Final = 3
#: Shares of home, work, either hang-out; what is left is anywhere. By weekday or not, and time of day.
_NIGHT: Final = (0.90, 0.00, 0.04, 0.02)
_WORKING: Final = (0.12, 0.76, 0.04, 0.02)
_EVENING: Final = (0.55, 0.08, 0.20, 0.10)
_WEEKEND: Final = (0.52, 0.04, 0.22, 0.12)
_DAY_BEGINS, _WORK_BEGINS, _WORK_ENDS, _NIGHT_BEGINS = 7, 9, 18, 22


def hang_outs(world: World, lines: Lines, community: Ints, fixed: Bools) -> None:
    """Create `line_cells`: home, work and two hang-outs of each line as positions of cells; truth `line_places`.

    A community meets in a few cells where some of its members live or work; each line goes to one or two of them.

    Args:
        world: Receives the table and the truth.
        lines: The lines.
        community: Community of each line, -1 for none.
        fixed: Lines that never move.
    """
    rng = world.rng("places")
    members = np.flatnonzero(community >= 0)
    members = members[np.argsort(community[members], kind="stable")]
    ids, first, sizes = np.unique(community[members], return_index=True, return_counts=True)
    within = mixed(np.arange(len(ids) * _MEETING_PLACES), 5).reshape(-1, _MEETING_PLACES) % sizes[:, None]
    picked = members[first[:, None] + within]
    meeting = np.where(rng.random(picked.shape) < 0.5, lines.home_cell[picked], lines.work_cell[picked])
    cells = np.column_stack([lines.home_cell, lines.work_cell, lines.home_cell, lines.home_cell])
    for column in (2, 3):
        cells[members, column] = meeting[
            np.searchsorted(ids, community[members]), rng.integers(0, _MEETING_PLACES, len(members))
        ]
    cells[fixed] = lines.home_cell[fixed, None]
    columns = {f"cell_{number}": cells[:, number] for number in range(len(PLACES))}
    store(world.con, "line_cells", {"subscription_key": lines.subscription_key, **columns})
    every = " union all ".join(
        f"select subscription_key, '{place}' as place, cell_{number} as position from line_cells"
        for number, place in enumerate(PLACES)
    )
    world.plant(
        "line_places",
        f"select distinct subscription_key, place, cell_key from ({every}) inner join cell_positions using (position) "
        "order by subscription_key, place, cell_key",
    )


def read_cells(con: duckdb.DuckDBPyConnection) -> Ints:
    """The four columns of `line_cells`, in the order of the lines."""
    arrays = con.execute("select * from line_cells order by subscription_key").fetchnumpy()
    return np.column_stack([np.asarray(arrays[f"cell_{number}"], np.int64) for number in range(len(PLACES))])


def where(rng: np.random.Generator, hour: Ints, is_weekend: Bools) -> Ints:
    """Column of the cell of each event: 0 home, 1 work, 2 and 3 hang-outs, 4 anywhere."""
    situations = np.cumsum([_NIGHT, _WORKING, _EVENING, _WEEKEND], axis=1)
    night = (hour < _DAY_BEGINS) | (hour >= _NIGHT_BEGINS)
    working = (hour >= _WORK_BEGINS) & (hour < _WORK_ENDS)
    situation = np.select([night, is_weekend, working], [0, 3, 1], 2)
    draw = rng.random(len(hour))
    return np.asarray((draw[:, None] >= situations[situation]).sum(axis=1), np.int64)
