"""The company and its network: districts, sales grids, cells, units and staff.

Positions lie in the open ocean around 21° N, 151° E, where no one lives.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from dagster_project.demo.telecom.drawing import by, literal, one_of, weighted
from dagster_project.demo.telecom.names import CITIES, DISTRICTS, GIVEN, SURNAMES
from dagster_project.demo.telecom.world import World

CELLS_A_GRID: Final = 4
#: Share of grids whose network is bad: people who live there leave for that reason.
_BAD_GRIDS: Final = 0.06
#: Staff: role -> (customers an agent looks after, least number of agents, skills to choose from).
_ROLES: Final = {
    "hotline_agent": (1_200, 16, ("billing", "tariff", "network", "device", "billing,tariff", "network,device")),
    "complaint_agent": (6_000, 4, ("complaint", "complaint,billing")),
    "telesales_agent": (3_000, 8, ("retention", "sales", "retention,sales")),
    "shop_seller": (1_500, 12, ("sales", "device", "sales,device")),
    "grid_manager": (4_000, 6, ("field",)),
}
STYLES: Final = {"brisk": 0.3, "patient": 0.3, "technical": 0.2, "warm": 0.2}


def create(world: World) -> None:
    """Create `districts`, `grids`, `cells`, `org_units` and `staff`."""
    _create_districts(world)
    _create_grids(world)
    _create_units(world)
    _create_staff(world)


def _create_districts(world: World) -> None:
    rows = [(city, district, share / len(DISTRICTS[city])) for city, share in CITIES.items()
            for district in DISTRICTS[city]]  # fmt: skip
    ends = list(accumulate(share for _, _, share in rows))
    values = ", ".join(
        f"({number}, {literal(city)}, {literal(district)}, {end - share:.8f}, {end:.8f})"
        for number, ((city, district, share), end) in enumerate(zip(rows, ends, strict=True), start=1)
    )
    world.create(
        "districts",
        f"select * from (values {values}) as t(district_no, city, district, share_from, share_to)",
    )


def _create_grids(world: World) -> None:
    count = min(max(world.options.customers // 400, 60), 2_500)
    world.create(
        "grids",
        f"""
        select printf('G%05d', g) as grid_key, g::bigint as grid_no, district || printf('%02d', row_number() over (
                partition by district_no order by g)) || '网格' as grid_name,
            city, district, district_no, printf('D%02d', district_no) as org_unit_key,
            (800 + floor(u('population', g) * 4000))::bigint as population_count,
            round(20 + 0.4 * ((district_no - 1) // 6) + 0.3 * u('lat', g), 5) as lat,
            round(150 + 0.4 * ((district_no - 1) % 6) + 0.3 * u('lon', g), 5) as lon,
            u('bad network', g) < {_BAD_GRIDS} as has_bad_network
        from range(1, {count + 1}) as t(g)
        inner join districts on (g - 0.5) / {count} >= share_from and (g - 0.5) / {count} < share_to + 1e-7
        qualify row_number() over (partition by g order by district_no) = 1
        """,
    )
    world.create(
        "cells",
        f"""
        select printf('C%06d', cell_no) as cell_key, grid_key, cell_no,
            round(lat + 0.01 * (u('cell lat', cell_no) - 0.5), 5) as lat,
            round(lon + 0.01 * (u('cell lon', cell_no) - 0.5), 5) as lon
        from (
            select grids.*, (grid_no - 1) * {CELLS_A_GRID} + k + 1 as cell_no
            from grids cross join range({CELLS_A_GRID}) as t(k)
        )
        """,
    )


def _create_units(world: World) -> None:
    """Headquarters, a branch a city, an area a district, and the teams that staff belong to."""
    cities = ", ".join(f"({literal(city)}, {number})" for number, city in enumerate(CITIES, start=1))
    world.create(
        "org_units",
        f"""
        with cities(city, city_no) as (values {cities}), units as (
            select 'HQ' as org_unit_key, null as parent_org_unit_key, '总部' as org_unit_name,
                'company' as org_unit_type, null as city, null as district
            union all select printf('B%02d', city_no), 'HQ', city || '分公司', 'branch', city, null from cities
            union all select printf('S%02d', city_no), printf('B%02d', city_no), city || '营业厅', 'store', city, null
            from cities
            union all select printf('D%02d', district_no), printf('B%02d', city_no), district || '片区', 'region', city,
                district
            from districts inner join cities using (city)
            union all select * from (values
                ('T01', 'HQ', '10000号客服中心', 'team', null, null), ('T02', 'T01', '投诉处理组', 'team', null, null),
                ('T03', 'HQ', '电话营销中心', 'team', null, null))
        )
        select *, date '2010-01-01' as valid_from_on from units order by org_unit_key
        """,
    )


def _create_staff(world: World) -> None:
    blocks = []
    for number, (role, (customers, least, skills)) in enumerate(_ROLES.items(), start=1):
        count = max(least, world.options.customers // customers)
        blocks.append(
            f"select {literal(role)} as agent_role, {number} * 100000 + n as agent_no,"
            f" {one_of(f'u({literal(role)}, n)', skills)} as skill_codes from range(1, {count + 1}) as t(n)"
        )
    unit = by(
        "agent_role",
        {
            "hotline_agent": "'T01'",
            "complaint_agent": "'T02'",
            "telesales_agent": "'T03'",
            "shop_seller": f"printf('S%02d', 1 + cast(floor(u('unit', agent_no) * {len(CITIES)}) as int))",
            "grid_manager": "printf('D%02d', 1 + cast(floor(u('unit', agent_no) * 30) as int))",
        },
    )
    world.create(
        "staff",
        f"""
        with drawn as (
            select agent_role, skill_codes, agent_no, u('agent style', agent_no) as u_style,
                u('agent surname', agent_no) as u_surname, u('agent given', agent_no) as u_given,
                start_on() - cast(floor(-1200 * ln(1 - u('hired', agent_no))) as int) as hired_on
            from ({" union all ".join(blocks)})
        )
        select printf('A%06d', agent_no) as agent_key,
            {one_of("u_surname", list(SURNAMES))} || {one_of("u_given", GIVEN)} as agent_name,
            {unit} as org_unit_key, agent_role, skill_codes, {weighted("u_style", STYLES)} as agent_style,
            round(u('agent quality', agent_no), 4) as quality, hired_on,
            case when u('agent left', agent_no) < 0.12
                then greatest(hired_on + 60, start_on() + cast(floor(u('agent left on', agent_no)
                    * (as_of() - start_on())) as int)) end as left_on
        from drawn
        """,
    )
