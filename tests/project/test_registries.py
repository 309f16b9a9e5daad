"""What stewards own in seeds and what models do are two halves of one thing: neither has what the other lacks."""

from __future__ import annotations

import csv
import re
from typing import Final

import yaml

from dagster_project.settings import Settings
from ml.schemas import TABLES

PROJECT: Final = Settings().dbt_project
#: The models that measure what `method_tree` lists.
MEASURED: Final = ("shares", "results")


def _seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_attribute_registry_lists_the_columns_of_the_view() -> None:
    (path,) = PROJECT.rglob("customer_360.yml")
    [model] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    assert [row["attribute"] for row in _seed("attribute_registry")] == [column["name"] for column in model["columns"]]


def test_attributes_name_entities_and_tables_that_there_are() -> None:
    entities = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["entity_sources"]
    rows = _seed("attribute_registry")
    assert {row["entity"] for row in rows} - set(entities) == set()
    assert {row["subject"] for row in rows} - {
        path.stem for path in (PROJECT / "models" / "marts").rglob("*.sql")
    } == set()


def test_a_tag_is_registered_once_and_given_by_the_model_of_its_family() -> None:
    rows = _seed("tag_registry")
    assert len({row["tag"] for row in rows}) == len(rows)
    phrases = {row["tag"] for row in _seed("note_phrases")}
    for row in rows:
        family = row["family"]
        (path,) = (
            path
            for path in (PROJECT / "models").rglob("*.sql")
            if path.stem in {f"int_{family}_tags_derived", f"customer_{family}_tags"}
        )
        if family == "note":
            assert row["tag"] in phrases
        elif family == "consent":
            assert row["tag"].removesuffix("_ok").removesuffix("_refused") in path.read_text(encoding="utf-8")
        else:
            assert f"'{row['tag']}'" in path.read_text(encoding="utf-8"), row["tag"]


def test_an_excluded_value_is_of_a_kind_that_is_compared() -> None:
    rows = _seed("identity_exclusions")
    (path,) = PROJECT.rglob("int_records_prepared.sql")
    [listed] = re.findall(r"set excludable = (\[[^]]+\])", path.read_text(encoding="utf-8"))
    kinds = set(re.findall(r"\w+", listed))
    assert kinds == {"id_number", "email", "phone", "address"}
    assert {row["value_kind"] for row in rows} <= kinds
    assert all(row["reason"] and row["author"] and row["since_on"] for row in rows)
    values = [(row["value_kind"], row["excluded_value"]) for row in rows]
    assert len(set(values)) == len(values)
    # As int_records_listed has them, or they would never be met.
    assert [
        value for kind, value in values if value != value.strip() or (kind == "email" and value != value.lower())
    ] == []


def test_models_give_registered_tags_only() -> None:
    registered = {row["tag"] for row in _seed("tag_registry")}
    text = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "models").rglob("*_tags*.sql"))
    given = set(re.findall(r"registry\.tag = '(\w+)'|", text)) | set(re.findall(r"'(\w+)' as tag\b", text))
    for listed in re.findall(r"registry\.tag in \(([^)]+)\)", text):
        given |= set(re.findall(r"\w+", listed))
    given -= {""}
    assert len(given) > 30
    assert given - registered == set()


def test_a_tag_of_a_person_or_an_agent_expires() -> None:
    assert [row["tag"] for row in _seed("tag_registry") if row["source"] != "sql" and not row["expires_days"]] == []


def test_phrases_are_in_lower_case_and_sure_to_a_degree() -> None:
    rows = _seed("note_phrases")
    assert [row["phrase"] for row in rows if row["phrase"] != row["phrase"].lower()] == []
    assert all(0 < float(row["confidence"]) <= 1 for row in rows)
    assert len({row["phrase"] for row in rows}) == len(rows)


def test_a_rule_on_topics_has_one_version_and_its_phrases_can_be_found() -> None:
    rows = _seed("text_topic_rules")
    assert len({(row["rule_id"], row["rule_version"]) for row in rows}) == len({row["rule_id"] for row in rows})
    assert {row["rule_id"] for row in rows} == {f"{row['topic']}.{row['language']}" for row in rows}
    topics = {row["topic"] for row in rows}
    assert {row["rule_id"] for row in rows} == {f"{topic}.{language}" for topic in topics for language in ("zh", "en")}
    assert [row["phrase"] for row in rows if row["phrase"] != row["phrase"].lower().strip()] == []
    assert [row["phrase"] for row in rows if row["ignored_phrase"] and row["phrase"] not in row["ignored_phrase"]] == []
    assert len({row["phrase"] for row in rows}) == len(rows)


def test_every_metric_of_a_method_is_measured() -> None:
    text = "".join((PROJECT / "models" / "activation" / f"method_{name}.sql").read_text() for name in MEASURED)
    evaluated = TABLES["churn_evaluation"].field("metric").metadata[b"description"].decode()
    rows = _seed("method_tree")
    assert len({(row["asset"], row["metric"]) for row in rows}) == len(rows)
    for row in rows:
        assert f"'{row['asset']}' as asset" in text, row["asset"]
        known = row["metric"].removesuffix("_gain") in evaluated or f"'{row['metric']}' as metric" in text
        assert known, row["metric"]
    assert {row["better"] for row in rows} <= {"higher", "lower", "none"}


def test_every_model_of_a_family_is_read() -> None:
    (path,) = PROJECT.rglob("customer_tags.sql")
    text = path.read_text(encoding="utf-8")
    # Marts read no models: what those say is joined with it by `tenure query-group`.
    apart = {"customer_tags", "customer_model_tags"}
    families = {path.stem for path in (PROJECT / "models").rglob("*_tags*.sql") if path.stem not in apart}
    assert families == set(re.findall(r"'(int_\w+_tags_derived|customer_\w+_tags)'", text))
