"""A feature is declared once, in YAML; columns, models that read it and the data dictionary are held to that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest

from dagster_project.publish.feature_dictionary import MODELS, Declared, declared, with_tables
from dagster_project.settings import Settings
from ml.schemas import BASELINE_FEATURES, CHURN_FEATURES, SEGMENT_FEATURES

Node = Mapping[str, Any]

SETTINGS: Final = Settings()
DECLARED: Final = declared(SETTINGS.dbt_project)
#: Columns that are no feature: keys, windows, evidence, audit.
NO_FEATURES: Final = {
    "customer_id", "cutoff_on", "input_hash", "label_opens_on", "label_closes_on", "next_order_on",
}  # fmt: skip


@pytest.fixture(scope="session")
def models(manifest: Mapping[str, Any]) -> dict[str, Node]:
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


def subjects(models: Mapping[str, Node]) -> list[Node]:
    """The models that work features out."""
    return [
        node
        for name, node in models.items()
        if name == "order_features" or re.fullmatch(r"int_\w+_features_windowed", name)
    ]


def test_every_column_is_declared_and_no_name_twice(models: Mapping[str, Node]) -> None:
    for table in MODELS:
        names = [feature.name for feature in DECLARED if feature.table == table]
        assert names == [name for name in models[table]["columns"] if name not in NO_FEATURES]
        assert models[table]["config"]["contract"]["enforced"]
    names = [feature.name for feature in DECLARED]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("feature", DECLARED, ids=lambda feature: feature.name)
def test_a_declaration_is_whole(feature: Declared) -> None:
    assert feature.kind in {"feature", "label"}
    assert feature.unit and feature.entity and feature.subject
    assert feature.definition.endswith(".")
    assert "null = " in feature.definition or feature.name == "is_active"
    assert (feature.absent is None) or ("0 = " in feature.definition or feature.name.endswith("_change"))
    named = re.search(r"_(\d+)d$", feature.name)
    assert named is None or feature.window == int(named[1])
    days = re.findall(r"last (\d+) days", feature.definition)
    assert feature.window is None or isinstance(feature.window, str) or not days or str(feature.window) in {
        *days, str(2 * int(days[0])),
    }  # fmt: skip


def test_a_label_opens_after_the_cut_off_where_features_end() -> None:
    labels = [feature for feature in DECLARED if feature.kind == "label"]
    assert labels
    assert [label.name for label in labels if label.opens_after_days is None or label.opens_after_days < 1] == []
    assert [feature.name for feature in DECLARED if feature.kind == "feature" and feature.opens_after_days] == []


def test_a_declared_entity_is_one_that_the_cut_off_is_stamped_with(home: Settings) -> None:
    text = (home.dbt_project / "macros" / "features.sql").read_text(encoding="utf-8")
    listed = re.search(r"macro feature_entities\(\).*?\[(.*?)\]", text, re.DOTALL)
    assert listed
    stamped = set(re.findall(r"'(\w+)'", listed[1]))
    assert {feature.entity for feature in DECLARED} <= stamped


def test_what_a_subject_reads_stamps_the_cut_off(home: Settings, models: Mapping[str, Node]) -> None:
    text = (home.dbt_project / "macros" / "features.sql").read_text(encoding="utf-8")
    for node in subjects(models):
        for parent in node["depends_on"]["nodes"]:
            read = re.fullmatch(r"model\.tenure\.int_(\w+)_delivered", parent)
            assert read is None or f"'{read[1]}'" in text, f"{node['name']} reads {parent}"


def test_models_read_what_is_declared_in_its_unit() -> None:
    known = {feature.name: feature for feature in DECLARED if feature.table == "customer_features"}
    for read in (*CHURN_FEATURES, *BASELINE_FEATURES, *SEGMENT_FEATURES):
        assert read.name in known, read.name
        assert read.unit == known[read.name].unit, read.name
        may_be_null = known[read.name].absent is None and read.name != "recency_days"
        assert may_be_null == (read.null_meaning != "never null"), read.name


def test_a_subject_sees_rows_through_the_loads_of_its_cut_offs_alone(models: Mapping[str, Node]) -> None:
    """Its rows come from the versions that were delivered, each joined to a load that the cut-off knew."""
    found = subjects(models)
    assert found
    for node in found:
        code, name = node["raw_code"], node["name"]
        refs = set(re.findall(r"ref\('(\w+)'\)", code))
        assert {ref for ref in refs if not ref.endswith("_delivered")} == set(), name
        joins = len(re.findall(r"(?:loads|known_loads)\.load_id = \w+\.load_id", code))
        sources = len(refs) + code.count("delivered_orders(")
        helped = {ref for ref in refs if ref == "int_subscriptions_delivered"}
        assert joins >= sources - len(helped), f"{name}: {sources} sources, {joins} joins to loads"
        assert "loads_at_cutoffs()" in code or "subscriptions_at_cutoffs()" in code, name
        assert "newest_on" in code, name


def test_the_build_looks_at_every_subject(home: Settings, models: Mapping[str, Node]) -> None:
    test = home.dbt_project / "tests" / "singular" / "assert_features_know_nothing_after_their_cut_off.sql"
    listed = set(re.findall(r"'(order_features|int_\w+_features_windowed)'", test.read_text(encoding="utf-8")))
    assert {node["name"] for node in subjects(models)} <= listed
    assert {path.stem for path in (home.dbt_project / "models").rglob("int_*_features_windowed.sql")} <= listed


def test_the_data_dictionary_is_current() -> None:
    page = (SETTINGS.project_root / "docs" / "features.md").read_text(encoding="utf-8")
    assert page == with_tables(page, DECLARED), "run `make docs`"
