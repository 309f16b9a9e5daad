"""Human resources and sales planning: units, sales grids and staff, whole at the start of every month. Simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dagster_project.demo.telecom.sending import Sender
    from dagster_project.demo.telecom.world import World

_FILES: Final = {
    "units": """
        select org_unit_key as unit_no, parent_org_unit_key as parent_no, org_unit_name as name,
            org_unit_type as type, valid_from_on as valid_from
        from org_units where valid_from_on <= $day order by unit_no
    """,
    "grids": """
        select grid_key as grid_no, grid_name as name, org_unit_key as unit_no, population_count as residents,
            lat, lon, date '2015-01-01' as valid_from
        from grids where $day is not null order by grid_no
    """,
    "staff": """
        select agent_key as staff_no, agent_name as name, org_unit_key as unit_no, agent_role as role,
            skill_codes as skills, hired_on, case when left_on < $day then left_on end as left_on
        from staff where hired_on <= $day order by staff_no
    """,
}


def write(world: World, out: Sender) -> None:
    """Send the state on the first day of each month."""
    for month_on in world.months():
        for extract, rows in _FILES.items():
            out.send("org", extract, month_on, rows, "csv", parameters={"day": month_on})
