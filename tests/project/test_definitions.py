"""Rules over the asset graph: what a person in the Dagster UI relies on."""

from __future__ import annotations

import csv

import dagster as dg
import pytest

from dagster_project.definitions import build_defs
from dagster_project.extract import load_contracts
from dagster_project.launch import initialise
from dagster_project.settings import Settings

#: Schemas of the warehouse, and the three kinds of files that are assets too.
SCHEMAS = {"raw", "staging", "conformed", "intermediate", "marts", "ml", "activation", "models", "published", "reports",
           "exports", "ops"}  # fmt: skip


@pytest.fixture(scope="session")
def definitions(home: Settings) -> dg.Definitions:
    initialise(home)
    return build_defs(home)


@pytest.fixture(scope="session")
def specs(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    graph = definitions.resolve_asset_graph()
    return [graph.get(key).to_asset_spec() for key in graph.materializable_asset_keys]


def names(specs: list[dg.AssetSpec]) -> list[str]:
    return sorted(spec.key.to_user_string() for spec in specs)


def test_keys_are_schema_and_table(specs: list[dg.AssetSpec]) -> None:
    assert names([spec for spec in specs if len(spec.key.path) != 2 or spec.key.path[0] not in SCHEMAS]) == []


@pytest.mark.parametrize("attribute", ["description", "owners", "kinds", "group_name"])
def test_every_asset_says(attribute: str, specs: list[dg.AssetSpec]) -> None:
    assert names([spec for spec in specs if not getattr(spec, attribute)]) == []


def test_every_asset_has_daily_partitions(specs: list[dg.AssetSpec]) -> None:
    assert names([spec for spec in specs if not isinstance(spec.partitions_def, dg.DailyPartitionsDefinition)]) == []


def test_raw_assets_are_those_of_the_pack_and_show_their_columns(home: Settings, specs: list[dg.AssetSpec]) -> None:
    raw = [spec for spec in specs if spec.key.path[0] == "raw"]
    wanted = [
        f"raw/{contract.table(extract)}" for contract in load_contracts(home).values() for extract in contract.extracts
    ]
    assert names(raw) == sorted(wanted)
    assert names([spec for spec in raw if "dagster/column_schema" not in spec.metadata]) == []


def test_each_gate_is_one_op(definitions: dg.Definitions) -> None:
    """Dagster splits an op in two when a check and an asset wait for each other; dbt would then start twice."""
    steps = [node.name for node in definitions.resolve_job_def("daily").nodes]
    gates = ["activate", "build_marts", "check_marts", "check_ml", "check_raw", "conform"]
    assert [step for step in sorted(steps) if step.rstrip("_0123456789") in gates] == gates


def test_nothing_of_the_warehouse_is_written_outside_the_pool(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("daily")
    assert [node.name for node in job.nodes if node.definition.pool != "warehouse"] == []


def test_methods_name_assets_that_there_are(home: Settings, specs: list[dg.AssetSpec]) -> None:
    with (home.dbt_project / "seeds" / "method_tree.csv").open(encoding="utf-8", newline="") as file:
        assets = {row["asset"] for row in csv.DictReader(file)}
    assert assets
    assert assets - {".".join(spec.key.path) for spec in specs} == set()


def test_jobs_schedule_and_sensors_are_there(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    assert {"daily", "load", "retention"} <= {job.name for job in repository.get_all_jobs()}
    assert sorted(schedule.name for schedule in repository.schedule_defs) == ["daily_schedule", "retention_schedule"]
    assert sorted(sensor.name for sensor in repository.sensor_defs) == ["inbox", "run_failure_alert"]
