"""Rules that every dbt model keeps: who may read whom, names, contracts, words, size. Read off the manifest."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from dagster_project.settings import Settings

Node = Mapping[str, Any]

PROJECT: Final = Settings().dbt_project
#: Who may read whom. A layer that is not listed here may not be read.
READS: Final = {
    "staging": {"staging"},
    "conformed": {"staging"},
    "intermediate": {"staging", "conformed", "intermediate", "seed"},
    "marts": {"conformed", "intermediate", "marts", "seed"},
    "ml": {"intermediate", "marts", "ml"},
    "activation": {"marts", "ml", "activation", "seed"},
}
#: Schemas whose tables people outside dbt read: contract, words and owners are enforced there.
PUBLISHED: Final = {"conformed", "marts", "ml", "activation"}
#: What staging makes of the ledger: the loads that stand, and those that ever did.
LEDGER: Final = {"stg_ops__loads", "stg_ops__load_periods"}
MOST_LINES: Final = 120
#: Tests cost 40 ms each in every daily run.
MOST_DATA_TESTS: Final = 90
COLUMN_TYPES: Final = re.compile(r"string|bigint|boolean|double|date|timestamp|decimal\(\d+,\d+\)")


@pytest.fixture(scope="session")
def models(manifest: Mapping[str, Any]) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


@pytest.fixture(scope="session")
def seeds(manifest: Mapping[str, Any]) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]


def _layer(node: Node) -> str:
    return "seed" if node["resource_type"] == "seed" else str(node["fqn"][1])


def _parents(manifest: Mapping[str, Any], node: Node) -> Iterator[Node]:
    for parent in node["depends_on"]["nodes"]:
        if parent in manifest["nodes"]:
            yield manifest["nodes"][parent]


def _sources(manifest: Mapping[str, Any], node: Node) -> list[Node]:
    return [manifest["sources"][parent] for parent in node["depends_on"]["nodes"] if parent in manifest["sources"]]


def _code(node: Node) -> str:
    """The SQL without its config block."""
    return re.sub(r"^\{\{ config\(.*?\) \}\}\n", "", str(node["raw_code"]), flags=re.DOTALL)


# ---- the one-way street --------------------------------------------------------------------------------------


def test_a_layer_reads_only_what_lies_before_it(manifest: Mapping[str, Any], models: list[Node]) -> None:
    wrong = [
        f"{model['name']} reads {parent['name']}"
        for model in models
        for parent in _parents(manifest, model)
        if _layer(parent) not in READS[_layer(model)]
    ]
    assert wrong == []


def test_only_the_ledger_is_read_past_the_conformed_layer(manifest: Mapping[str, Any], models: list[Node]) -> None:
    wrong = [
        f"{model['name']} reads {parent['name']}"
        for model in models
        for parent in _parents(manifest, model)
        if _layer(model) in {"staging", "intermediate"} and _layer(parent) == "staging" and parent["name"] not in LEDGER
    ]
    assert wrong == []


def test_sources_are_read_at_the_two_ends_only(manifest: Mapping[str, Any], models: list[Node]) -> None:
    # What identity resolution says comes in from the side, between two gates, and is read as what it is.
    allowed = {
        "raw": {"staging"}, "ops": {"staging"}, "identity": {"intermediate", "marts"},
        "identity_history": {"intermediate", "marts"}, "ml": {"activation"},
        # What was measured of the house's own work is a result beside those of models.
        "ops_figures": {"activation"},
    }  # fmt: skip
    wrong = [
        f"{model['name']} reads {source['source_name']}.{source['name']}"
        for model in models
        for source in _sources(manifest, model)
        if _layer(model) not in allowed[source["source_name"]]
    ]
    assert wrong == []


def test_a_staging_model_reads_raw_tables_of_its_own_system(manifest: Mapping[str, Any], models: list[Node]) -> None:
    for model in models:
        if _layer(model) == "staging" and model["name"] not in LEDGER:
            systems = {source["name"].split("__")[0] for source in _sources(manifest, model)}
            assert systems == {model["fqn"][2]}, model["name"]


def test_every_raw_source_is_staged(manifest: Mapping[str, Any], models: list[Node]) -> None:
    staged = {source["unique_id"] for model in models for source in _sources(manifest, model)}
    assert set(manifest["sources"]) - staged == set()


# ---- names and places ----------------------------------------------------------------------------------------


def test_names_tell_the_layer(models: list[Node]) -> None:
    noun = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
    patterns = {
        "staging": rf"stg_{noun}__{noun}",
        "conformed": noun,
        "intermediate": rf"int_{noun}_[a-z]+ed",
        "marts": rf"(?!stg_|int_|act_){noun}",
        "ml": rf"(?!stg_|int_|act_){noun}",
        # act_ is a list that people act on; without it, what is known from marts and models together.
        "activation": rf"(?!stg_|int_){noun}",
    }
    assert [m["name"] for m in models if not re.fullmatch(patterns[_layer(m)], m["name"])] == []
    staging = [model for model in models if _layer(model) == "staging"]
    assert [m["name"] for m in staging if not m["name"].startswith(f"stg_{m['fqn'][2]}__")] == []


def test_schema_and_file_are_those_of_the_layer(models: list[Node]) -> None:
    lake = {"staging", "conformed", "intermediate"}
    wrong = [
        model["name"]
        for model in models
        if model["schema"] != _layer(model)
        or model["database"] != ("lake" if _layer(model) in lake else "warehouse")
        or model["alias"] != model["name"]
    ]
    assert wrong == []


def test_the_words_stand_beside_the_model(models: list[Node]) -> None:
    wrong = [
        model["name"]
        for model in models
        if str(model["patch_path"]).removeprefix("tenure://") != model["original_file_path"].replace(".sql", ".yml")
    ]
    assert wrong == []


def test_column_names_tell_their_kind(models: list[Node]) -> None:
    endings = {"date": "_on", "timestamp": "_at"}
    wrong = [
        f"{model['name']}.{column['name']}"
        for model in models
        if _layer(model) in PUBLISHED
        for column in model["columns"].values()
        if not column["name"].endswith(endings.get(column["data_type"], ""))
        or (column["data_type"] == "boolean") != column["name"].startswith(("is_", "has_"))
    ]
    assert wrong == []


# ---- contracts and words -------------------------------------------------------------------------------------


def test_published_models_keep_an_enforced_contract(models: list[Node]) -> None:
    published = [model for model in models if _layer(model) in PUBLISHED]
    assert [model["name"] for model in published if not model["config"]["contract"]["enforced"]] == []
    types = {column["data_type"] for model in published for column in model["columns"].values()}
    assert {kind for kind in types if not COLUMN_TYPES.fullmatch(kind)} == set()


def test_everything_is_described(models: list[Node], seeds: list[Node]) -> None:
    undescribed = [
        f"{node['name']}.{column['name']}"
        for node in [*models, *seeds]
        for column in node["columns"].values()
        if not column["description"].strip()
    ]
    assert undescribed == []
    assert [node["name"] for node in [*models, *seeds] if not node["description"].startswith("One row per ")] == []


def test_a_column_that_may_be_null_says_what_null_means(models: list[Node]) -> None:
    silent = [
        f"{model['name']}.{column['name']}"
        for model in models
        if _layer(model) in PUBLISHED - {"conformed"} and model["config"]["materialized"] != "view"
        for column in model["columns"].values()
        if "not_null" not in {constraint["type"] for constraint in column["constraints"]}
        and "null" not in column["description"]
    ]
    assert silent == []


def test_seeds_describe_the_columns_they_have(seeds: list[Node]) -> None:
    for seed in seeds:
        with (PROJECT / seed["original_file_path"]).open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert header == list(seed["columns"]) == list(seed["config"]["column_types"]), seed["name"]


def test_every_model_has_an_owner_a_class_of_personal_data_and_a_capability(
    models: list[Node], seeds: list[Node]
) -> None:
    for node in [*models, *seeds]:
        meta = node["config"]["meta"]
        assert meta["owner"], node["name"]
        assert meta["pii"] in {"none", "pseudonymous", "demographic", "personal"}, node["name"]
        assert meta["capability"], node["name"]
        assert all(re.fullmatch(r"[A-Z0-9]+-\d+", identifier) for identifier in meta["capability"]), node["name"]
        assert node["config"]["group"], node["name"]


def test_customer_columns_are_marked_as_pseudonymous(models: list[Node]) -> None:
    unmarked = [
        f"{model['name']}.{column['name']}"
        for model in models
        if _layer(model) in PUBLISHED
        for column in model["columns"].values()
        if column["name"] in {"customer_id", "customer_key"}
        and column["config"].get("meta", {}).get("pii") != "pseudonymous"
    ]
    assert unmarked == []


def test_exposures_have_an_owner(manifest: Mapping[str, Any]) -> None:
    exposures = {exposure["name"]: exposure for exposure in manifest["exposures"].values()}
    assert set(exposures) == {"churn_list_export", "lifecycle_report"}
    assert all(exposure["owner"]["name"] and exposure["description"] for exposure in exposures.values())


# ---- SQL -----------------------------------------------------------------------------------------------------


def test_the_first_comment_is_the_grain(models: list[Node]) -> None:
    assert [model["name"] for model in models if not _code(model).startswith("-- One row per ")] == []


def test_a_model_fits_on_a_page_or_two(models: list[Node]) -> None:
    lines = {model["name"]: model["raw_code"].count("\n") + 1 for model in models}
    assert {name: n for name, n in lines.items() if n > MOST_LINES} == {}


def test_marts_name_their_columns(models: list[Node]) -> None:
    final = {m["name"]: _code(m).rsplit("\nselect", 1)[-1] for m in models if _layer(m) in PUBLISHED - {"conformed"}}
    assert [name for name, text in final.items() if re.search(r"^\s*(\w+\.)?\*", text)] == []


def test_incremental_models_rebuild_whole_partitions_by_fingerprint(models: list[Node]) -> None:
    incremental = [model for model in models if model["config"]["materialized"] == "incremental"]
    assert incremental
    for model in incremental:
        config, name = model["config"], model["name"]
        (hook,) = config["pre-hook"]
        assert config["incremental_strategy"] == "delete+insert", name
        assert "delete_stale_partitions(" in hook["sql"], name
        assert f"'{config['unique_key']}'" in hook["sql"], name
        assert "partitions_to_build(" in model["raw_code"], name
        assert "input_hash" in model["columns"], name


# ---- tests and packs -----------------------------------------------------------------------------------------


def test_rules_with_a_branch_have_a_unit_test(manifest: Mapping[str, Any], models: list[Node]) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    branching = {
        model["name"]
        for model in models
        if re.search(r"\bcase\s+when\b|count_within|is_incremental", model["raw_code"])
    }
    assert branching
    assert branching - tested == set()


def test_data_tests_say_what_a_returned_row_means_and_stay_few(manifest: Mapping[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    assert 0 < len(tests) <= MOST_DATA_TESTS
    singular = [test for test in tests if not test.get("test_metadata")]
    assert [test["name"] for test in singular if not _code(test).startswith("-- A returned row is ")] == []
    for test in singular:
        meta = test["config"]["meta"]
        assert set(meta) == {"asset", "dimension", "owner", "capability"}, test["name"]


def test_the_project_lists_every_conformed_entity_and_only_staged_systems(home: Settings, models: list[Node]) -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    entity_sources: dict[str, list[str]] = project["vars"]["entity_sources"]
    assert set(entity_sources) == {model["name"] for model in models if _layer(model) == "conformed"}
    assert len(entity_sources) == 27
    staged = {model["name"] for model in models if _layer(model) == "staging"}
    wanted = {
        f"stg_{system}__{entity}"
        for entity, systems in entity_sources.items()
        for system in systems
        if system in home.sources_enabled
    }
    assert wanted - staged == set()
    assert {name.split("__")[0].removeprefix("stg_") for name in staged} - {"ops"} <= set(home.sources_enabled)


def test_dbt_holds_no_package_and_no_python() -> None:
    forbidden = [path for path in PROJECT.rglob("*") if path.name in {"packages.yml", "dependencies.yml"}]
    assert forbidden + list(PROJECT.rglob("*.py")) == []
    assert not (PROJECT / "target").exists()
    assert not (PROJECT / "logs").exists()


def test_dbt_calls_nobody() -> None:
    flags = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["flags"]
    assert flags["send_anonymous_usage_stats"] is False
    assert flags["version_check"] is False


def test_profiles_offer_both_engines() -> None:
    profile = yaml.safe_load(Path(PROJECT / "profiles.yml").read_text(encoding="utf-8"))["tenure"]
    assert profile["target"] == "duckdb"
    assert set(profile["outputs"]) == {"duckdb", "spark"}
    assert profile["outputs"]["duckdb"]["threads"] == 1
