"""The analysts' front door names what is there: each saved query and each published table."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import Settings
from ml.schemas import TABLES

PROJECT = Settings().project_root
QUERIES = sorted((PROJECT / "warehouse" / "queries").glob("*.sql"))
README = (PROJECT / "warehouse" / "README.md").read_text(encoding="utf-8")


def stems(folder: str, pattern: str) -> set[str]:
    return {path.stem for path in Path(PROJECT / "dbt" / folder).rglob(pattern)}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_saved_query_says_what_it_asks_and_only_reads(path):
    text = path.read_text(encoding="utf-8")
    header = "\n".join(line for line in text.splitlines() if line.startswith("--"))
    for part in ("-- Question: ", "-- Grain: one row", "-- Expected on the demo: "):
        assert part in header
    with duckdb.connect() as con:
        [statement] = con.extract_statements(text)
    assert statement.type == duckdb.StatementType.SELECT


def test_readme_lists_every_saved_query():
    assert set(re.findall(r"^\| `(\w+\.sql)` \|", README, re.MULTILINE)) == {path.name for path in QUERIES}


def test_readme_lists_every_published_table():
    listed = set(re.findall(r"^\| `((?:marts|ml|activation)\.\w+)` \|", README, re.MULTILINE))
    # What identity is resolved by stays in the private build.
    seeds = stems("seeds", "*.csv") - {"identity_exclusions"}
    built = (
        {f"marts.{name}" for name in stems("models/marts", "*.sql") | seeds}
        | {f"ml.{name}" for name in stems("models/ml", "*.sql") | set(TABLES)}
        | {f"activation.{name}" for name in stems("models/activation", "*.sql") | {"act_churn_list"}}
    )
    assert listed == built
