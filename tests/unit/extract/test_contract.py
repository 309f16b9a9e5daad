"""Source contracts: what they accept, what they refuse and how plainly."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from dagster_project.errors import ConfigurationError
from dagster_project.extract import Extract, SourceContract, load_contracts, prepare
from dagster_project.extract.clauses import Changes, Clause, Column, Control, Limits
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.extract.builders import COLUMNS, contract


def test_every_contract_of_the_project_is_valid_and_gets_its_table(settings: Settings) -> None:
    contracts = load_contracts(settings)
    assert sorted(contracts) == ["campaign", "crm", "loyalty", "merchandising", "pos", "product"]
    with connect(settings) as con:
        prepare(con, settings, contracts)
        prepare(con, settings, contracts)
        tables = con.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
        undescribed = con.execute(
            "select table_name, column_name from duckdb_columns() "
            "where database_name = 'lake' and schema_name in ('raw', 'ops', 'quarantine') and comment is null"
        ).fetchall()
    assert ("pos__transactions",) in tables
    assert len(tables) == 8
    assert undescribed == []


CDC = {"load_mode": "cdc", "primary_key": ["order_id"]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"load_mode": "upsert"}, "needs a primary_key"),
        ({"load_mode": "cdc", "primary_key": ["order_id"]}, "belong to load_mode cdc"),
        ({"changes": {"operation": "customer", "sequence": "order_id"}}, "belong to load_mode cdc"),
        (CDC | {"changes": {"operation": "op", "sequence": "order_id"}}, "need 'op' as a column"),
        (CDC | {"changes": {"operation": "customer", "sequence": "order_id"}}, "need 'customer' as a column"),
        (CDC | {"changes": {"operation": "order_id", "sequence": "order_id"}}, "needs codes out of I, U and D"),
        ({"file": r"orders_\d+\.csv"}, "named group"),
        ({"primary_key": ["number"]}, "unknown columns: number"),
        ({"encoding": "klingon"}, "not an encoding"),
        ({"surprise": 1}, "Extra inputs are not permitted"),
        ({"columns": [*COLUMNS, COLUMNS[0]]}, "column name order_id twice"),
        ({"columns": [{"name": "a", "type": "uuid", "description": ""}]}, "type"),
        ({"columns": [{"name": "filename", "type": "varchar", "description": ""}]}, "reserved"),
        ({"columns": [{"name": "a", "type": "varchar", "pattern": "(", "description": ""}]}, "pattern"),
    ],
)
def test_a_contract_that_cannot_be_kept_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises((ValidationError, Exception), match=r"(?s).*") as caught:
        contract(**change)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        (r"a_(?P<date>\d{8})\.csv", "a_20170131.csv", date(2017, 1, 31)),
        (r"a_(?P<day>\d\d)(?P<month>\d\d)(?P<year>\d{4})\.csv", "a_31012017.csv", date(2017, 1, 31)),
        (r"a_(?P<date>\d{8})\.csv", "a_20170231.csv", None),
        (r"a_(?P<date>\d{8})\.csv", "xa_20170131.csv", None),
    ],
)
def test_business_date(pattern: str, name: str, expected: date | None) -> None:
    assert contract(file=pattern).extracts[0].business_date(name) == expected


@pytest.mark.parametrize("clause", [SourceContract, Extract, Column, Limits, Control, Changes])
def test_every_key_is_documented(clause: type[Clause], settings: Settings) -> None:
    text = (settings.project_root / "docs" / "source-contracts.md").read_text(encoding="utf-8")
    assert [name for name in clause.model_fields if f"`{name}`" not in text] == []
    assert [name for name in clause.model_fields if f"{name}" not in (clause.__doc__ or "")] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("type: x\nattributes: {system: shop}\n", r"shop/defs\.yaml.*owner: Field required"),
        (
            "type: x\nattributes:\n  system: shop\n  system: shop\n",
            r"shop/defs\.yaml.*'system' stands twice, on line 3",
        ),
        ("type: [x\n", r"shop/defs\.yaml is not readable as YAML"),
    ],
)
def test_a_broken_file_is_named(
    content: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    folder = tmp_path / "sources" / "shop"
    folder.mkdir(parents=True)
    (folder / "defs.yaml").write_text(content)
    monkeypatch.setattr(Settings, "sources", tmp_path / "sources")
    monkeypatch.setattr(Settings, "sources_enabled", ("shop",))
    with pytest.raises(ConfigurationError, match=f"(?s){words}"):
        load_contracts(settings)


def test_a_contract_that_no_longer_fits_its_table_is_refused(settings: Settings) -> None:
    with connect(settings) as con:
        prepare(con, settings, {"shop": contract()})
        with pytest.raises(ConfigurationError, match="columns amount differ"):
            prepare(
                con, settings, {"shop": contract(columns=[*COLUMNS[:2], {**COLUMNS[2], "type": "double"}, COLUMNS[3]])}
            )


def test_a_pattern_that_duckdb_cannot_match_is_refused(settings: Settings) -> None:
    columns = [{**COLUMNS[0], "pattern": "(?=1)1"}]
    with connect(settings) as con, pytest.raises(ConfigurationError, match="RE2"):
        prepare(con, settings, {"shop": contract(columns=columns)})
    assert duckdb.__version__.startswith("2.")


def test_a_home_that_duckdb_reads_as_a_pattern_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "a[1]")
    with connect(Settings(home=tmp_path)) as con, pytest.raises(ConfigurationError, match="TENURE_HOME"):
        prepare(con, settings, {})
