"""A source system is described in one folder, listed in a pack, and switched on and off as a whole."""

from __future__ import annotations

from typing import Final

import yaml

from dagster_project.packs import load_packs
from dagster_project.settings import Settings

LISTED: Final = {system for pack in load_packs().values() for system in pack.sources}
DBT: Final = yaml.safe_load((Settings().dbt_project / "dbt_project.yml").read_text(encoding="utf-8"))


def test_every_described_system_is_in_a_pack_and_every_listed_one_is_described() -> None:
    assert {path.parent.name for path in Settings().sources.glob("*/defs.yaml")} == LISTED


def test_dbt_can_switch_every_system() -> None:
    for kind in ("sources", "models"):
        switches = {
            name: config["+enabled"]
            for name, config in DBT[kind]["tenure"]["staging"].items()
            if not name.startswith("+")
        }
        assert set(switches) == LISTED
        wrong = {name for name, text in switches.items() if f"'{name}' in var('sources_enabled'," not in text}
        assert wrong == set()


def test_dbt_alone_is_the_default_pack() -> None:
    assert sorted(DBT["vars"]["sources_enabled"]) == list(Settings(pack="retail").sources_enabled)


def test_entities_name_listed_systems_only() -> None:
    named = {system for systems in DBT["vars"]["entity_sources"].values() for system in systems}
    assert named - LISTED == set()


def test_every_raw_suite_is_of_a_listed_system() -> None:
    named = {path.stem.partition("__")[0] for path in (Settings().suites / "raw").glob("*.yml")}
    assert named == LISTED


def test_rule_ids_are_unique_over_all_packs() -> None:
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in Settings().suites.glob("*/*.yml")]
    ids = [rule["id"] for document in documents for rule in document["rules"]]
    assert sorted({identifier for identifier in ids if ids.count(identifier) > 1}) == []


def test_the_first_day_of_the_default_pack_is_the_default_first_day() -> None:
    assert Settings.model_fields["start_on"].default == load_packs()[Settings.model_fields["pack"].default].start_on
