"""Staging reads each raw table as the load mode in its contract asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from dagster_project.extract import Extract, load_contracts
from dagster_project.packs import load_packs
from dagster_project.settings import Settings
from tests.unit.extract.builders import contract

SETTINGS: Final = Settings()
MODELS: Final = sorted((SETTINGS.dbt_project / "models" / "staging").rglob("*.sql"))
EXTRACTS: Final = {
    source.table(extract): extract
    for pack in load_packs()
    for source in load_contracts(Settings(pack=pack)).values()
    for extract in source.extracts
}
_READ: Final = re.compile(r"(\w+\(\s*)?source\('raw', '(\w+)'\)([^{}]*?)\}\}")


def wrong_reads(sql: str, extracts: dict[str, Extract]) -> list[str]:
    """Raw tables that the model reads in another way than their load mode asks for."""
    found = []
    for macro, table, rest in _READ.findall(sql):
        extract = extracts.get(table)
        if extract is None or extract.load_mode in {"append", "snapshot"}:
            continue
        asked = [f"key=[{', '.join(repr(name) for name in extract.primary_key)}]"]
        if extract.changes is not None:
            asked += [f"sequence='{extract.changes.sequence}'", f"operation='{extract.changes.operation}'"]
        is_right = macro.strip() in {"current_rows(", "record_versions("} and all(text in rest for text in asked)
        if not is_right:
            found.append(f"{table} has load_mode {extract.load_mode}: current_rows(source(...), {', '.join(asked)})")
    return found


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_a_model_reads_raw_as_the_contract_says(model: Path) -> None:
    assert wrong_reads(model.read_text(encoding="utf-8"), EXTRACTS) == []


@pytest.mark.parametrize(
    ("sql", "wrong"),
    [
        ("from {{ source('raw', 'shop__orders') }}", 1),
        ("from {{ current_rows(source('raw', 'shop__orders')) }} as t", 1),
        ("from {{ current_rows(source('raw', 'shop__orders'), key=['customer']) }} as t", 1),
        ("from {{ current_rows(source('raw', 'shop__orders'), key=['order_id']) }} as t", 0),
        ("from {{ record_versions(source('raw', 'shop__orders'), key=['order_id']) }} as t", 0),
    ],
)
def test_the_rule_finds_what_it_is_for(sql: str, wrong: int) -> None:
    extract = contract(load_mode="upsert", primary_key=["order_id"]).extracts[0]
    assert len(wrong_reads(sql, {"shop__orders": extract})) == wrong
