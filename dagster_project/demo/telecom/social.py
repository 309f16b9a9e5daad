"""Puts the call graph together: who knows whom, who abuses the network, and where everyone is. Simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_project.demo.telecom.fraud import add_fraud_edges, plant_groups, plant_rejoins
from dagster_project.demo.telecom.graph import build_graph
from dagster_project.demo.telecom.line_arrays import read_lines
from dagster_project.demo.telecom.places import hang_outs

if TYPE_CHECKING:
    from dagster_project.demo.telecom.world import World


def create(world: World) -> None:
    """Create `edges`, `communities`, `fraud_lines`, `rejoins` and `line_cells`, each a truth as well.

    Needs persons, customers, subscriptions, cells and usage_months. Changes the person behind some customers, the
    device of some lines and the planned usage of SIM boxes.
    """
    plant_rejoins(world)
    lines = read_lines(world.con)
    fraud, lines = plant_groups(world, lines)
    outsiders = fraud.of(lines)
    community = build_graph(world, lines, outsiders=outsiders)
    add_fraud_edges(world, lines, fraud)
    hang_outs(world, lines, community, fraud.of(lines, boxes_only=True))
