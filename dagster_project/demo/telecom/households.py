"""Households and the groups (campus, enterprise) that people belong to: who lives and who works together where."""

from __future__ import annotations

import math
from typing import Final

from dagster_project.demo.telecom.drawing import literal, one_of, weighted
from dagster_project.demo.telecom.names import STREETS
from dagster_project.demo.telecom.network import CELLS_A_GRID
from dagster_project.demo.telecom.world import World

#: Persons a household: shares of the census of 2020 (National Bureau of Statistics), 5 and more taken as 5.
SIZES: Final = {"1": 0.254, "2": 0.297, "3": 0.210, "4": 0.132, "5": 0.107}
#: Persons for each customer: children, parents and others who have no contract of their own.
PERSONS_A_CUSTOMER: Final = 1.4
#: Customers for each group, and the share of groups that are a campus.
_CUSTOMERS_A_GROUP: Final = 150
_CAMPUS_SHARE: Final = 0.3


def persons_wanted(world: World) -> int:
    """How many people the world holds."""
    return math.ceil(world.options.customers * PERSONS_A_CUSTOMER)


def create(world: World) -> None:
    """Create `households` (one row a household with its address) and `groups` (one row a campus or enterprise)."""
    count = math.ceil(persons_wanted(world) / 2.3) + 10
    grids = world.count("grids")
    streets = f"{one_of('u_street', STREETS)} || (1 + cast(floor(u_number * 180) as int)) || '号'"
    world.create(
        "households",
        f"""
        with drawn as (
            select h as household_id, {weighted("u('household size', h)", SIZES)}::int as size,
                1 + cast(floor(u('household grid', h) * {grids}) as bigint) as grid_no,
                cast(floor(u('household cell', h) * {CELLS_A_GRID}) as bigint) as k,
                u('street', h) as u_street, u('house number', h) as u_number, u('flat', h) as u_flat
            from range(1, {count + 1}) as t(h)
        )
        select household_id, size, grid_no, city, district, district_no,
            printf('C%06d', (grid_no - 1) * {CELLS_A_GRID} + k + 1) as home_cell,
            city || district || {streets} || (1 + cast(floor(u_flat * 24) as int)) || '室' as address
        from drawn inner join grids using (grid_no)
        order by household_id
        """,
    )
    groups = max(10, world.options.customers // _CUSTOMERS_A_GROUP)
    world.create(
        "groups",
        f"""
        with drawn as (
            select g as group_id, {weighted("u('group type', g)", {"campus": _CAMPUS_SHARE, "enterprise": 0.7})}
                as group_type, 1 + cast(floor(u('group grid', g) * {grids}) as bigint) as grid_no,
                cast(floor(u('group cell', g) * {CELLS_A_GRID}) as bigint) as k
            from range(1, {groups + 1}) as t(g)
        )
        select group_id, group_type, printf({literal("团体%04d")}, group_id) as group_name, city, grid_no,
            printf('C%06d', (grid_no - 1) * {CELLS_A_GRID} + k + 1) as work_cell,
            row_number() over (partition by group_type order by group_id) as number_of_type
        from drawn inner join grids using (grid_no)
        order by group_id
        """,
    )
