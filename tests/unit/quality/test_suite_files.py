"""Suite files: what is accepted, and what a mistake says."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.errors import ConfigurationError
from dagster_project.quality import load_suites
from dagster_project.settings import Settings
from tests.unit.quality.conftest import rule


def write(root: Path, path: str, document: Any) -> Settings:
    file = root / "expectations" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    text = document if isinstance(document, str) else yaml.safe_dump(document, allow_unicode=True)
    file.write_text(text, encoding="utf-8")
    return Settings(home=root / "home", project_root=root)


def document(*rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"description": "Lines.", "owner": "data-platform", "scope": "loads", "rules": list(rules), **fields}


NOT_NULL = rule("expect_column_values_to_not_be_null", {"column": "customer_id"})


def test_path_is_the_table(tmp_path: Path) -> None:
    write(tmp_path, "raw/pos__lines.yml", document(NOT_NULL, capability="DQ-1"))
    settings = write(tmp_path, "marts/dim_customers.yml", document({**NOT_NULL, "id": "other_rule"}, scope="table"))
    marts, raw = load_suites(settings)
    assert (raw.name, raw.schema_name, raw.table, marts.name) == (
        "raw.pos__lines",
        "raw",
        "pos__lines",
        "marts.dim_customers",
    )
    assert raw.owner_of(raw.rules[0]) == "data-platform"


def test_as_of_stands_for_the_business_date(tmp_path: Path) -> None:
    in_range = rule("expect_column_values_to_be_between", {"column": "day", "max_value": "{as_of}"}, id="in_range")
    fresh = rule("expect_query_to_return_no_rows", {"query": "select 1 from {batch} where day < {as_of} - 3"})
    newest = rule(
        "expect_rows_to_satisfy",
        {"condition": "quantity > 0"},
        id="newest",
        when={"column": "day", "op": "==", "value": "{as_of}"},
    )
    (suite,) = load_suites(write(tmp_path, "raw/pos__lines.yml", document(in_range, fresh, newest)))
    as_of = date(2017, 12, 31)
    assert suite.rules[0].arguments(as_of)["max_value"] == as_of
    assert suite.rules[1].arguments(as_of)["query"] == "select 1 from {batch} where day < date '2017-12-31' - 3"
    assert suite.rules[2].bad_row(as_of) == ("coalesce(\"day\" = date '2017-12-31' and (not (quantity > 0)), false)")


MISTAKES: list[tuple[str, Any, list[str]]] = [
    ("unknown field", document(NOT_NULL, owners="x"), ["owners", "Extra inputs"]),
    ("no rules", document(), ["rules", "at least 1 item"]),
    ("no owner", {"description": "Lines.", "scope": "loads", "rules": [NOT_NULL]}, ["owner", "required"]),
    ("a name of its own", document(NOT_NULL, name="raw.other"), ["the path is the name"]),
    ("a list", [NOT_NULL], ["expected a mapping"]),
    ("not YAML", "rules: [", ["not readable as YAML"]),
    (
        "unknown expectation",
        document(rule("expect_magic")),
        ["rule some_rule", "expect_column_values_to_not_be_null", "got expect_magic"],
    ),
    (
        "argument missing",
        document(rule("expect_column_values_to_be_in_set", {"column": "code"})),
        ["rule some_rule", "expected column, value_set", "got column"],
    ),
    (
        "unknown argument",
        document(rule("expect_column_values_to_not_be_null", {"column": "code", "colour": "red"})),
        ["optionally mostly", "got colour, column"],
    ),
    (
        "range without ends",
        document(rule("expect_column_values_to_be_between", {"column": "amount"})),
        ["min_value or max_value", "got neither"],
    ),
    (
        "mostly out of range",
        document(rule("expect_column_values_to_not_be_null", {"column": "code", "mostly": 1.5})),
        ["mostly above 0 and up to 1", "1.5"],
    ),
    (
        "slices by another column",
        document(rule("expect_key_to_be_unique", {"columns": ["code"], "slice_by": "day"})),
        ["slice_by", "got day"],
    ),
    ("blocking warning", document({**NOT_NULL, "severity": "warning"}), ["on_fail: block", "got warning"]),
    (
        "quarantine by a table rule",
        document(rule("expect_table_row_count_to_be_between", {"min_value": 1}, on_fail="quarantine")),
        ["single rows", "expect_table_row_count_to_be_between"],
    ),
    (
        "quarantine by share",
        document(rule("expect_column_values_to_not_be_null", {"column": "code", "mostly": 0.9}, on_fail="quarantine")),
        ["without `mostly`"],
    ),
    (
        "condition on a table rule",
        document(
            rule(
                "expect_table_row_count_to_be_between",
                {"min_value": 1},
                when={"column": "code", "op": "==", "value": "A"},
            )
        ),
        ["when: only for rules about single rows"],
    ),
    ("unknown severity", document({**NOT_NULL, "severity": "fatal"}), ["severity", "'critical'", "got 'fatal'"]),
    ("id with spaces", document({**NOT_NULL, "id": "A rule"}), ["rule A rule: id", "got 'A rule'"]),
    ("whole raw table", document(NOT_NULL, scope="table"), ["scope: loads", "raw.pos__lines"]),
    ("same key twice", "owner: team:a\nowner: team:b\n", ["'owner' stands twice, on line 1", "line 2"]),
    ("same id twice", document(NOT_NULL, NOT_NULL), ["unique over all suites", "some_rule"]),
]


@pytest.mark.parametrize(("content", "words"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_mistake_is_named(tmp_path: Path, content: Any, words: list[str]) -> None:
    settings = write(tmp_path, "raw/pos__lines.yml", content)
    with pytest.raises(ConfigurationError) as caught:
        load_suites(settings)
    assert [word for word in words if word not in caught.value.message] == []
    assert caught.value.next_step


def test_quarantine_belongs_to_raw(tmp_path: Path) -> None:
    moved = {**NOT_NULL, "on_fail": "quarantine"}
    settings = write(tmp_path, "marts/dim_customers.yml", document(moved, scope="table"))
    with pytest.raises(ConfigurationError, match="raw tables only; got some_rule"):
        load_suites(settings)


@pytest.mark.parametrize("path", ["lines.yml", "raw/deep/lines.yml", "staging/lines.yml", "raw/pos__lines.yaml"])
def test_file_that_no_table_could_have_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected <schema>/<table>\.yml"):
        load_suites(write(tmp_path, path, document(NOT_NULL)))


def test_project_without_suites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no suite below"):
        load_suites(Settings(home=tmp_path, project_root=tmp_path))
