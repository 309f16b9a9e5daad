"""What the simulated operator knows to be true reaches no part of the pipeline: not its text, not its assets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from dagster_project.definitions import build_defs
from dagster_project.demo.telecom.truth import PLANTED
from dagster_project.settings import Settings

ROOT: Final = Settings().project_root
FOLDER: Final = Settings().truth.name
PIPELINE: Final = (
    "dagster_project/components",
    "dagster_project/defs",
    "dagster_project/extract",
    "dagster_project/quality",
    "dagster_project/transform",
    "dagster_project/publish",
    "dbt",
    "expectations",
    "ml",
    "warehouse/queries",
    "warehouse/ddl",
)


def test_the_places_looked_through_are_the_pipeline() -> None:
    assert [place for place in PIPELINE if not any((ROOT / place).rglob("*"))] == []


@pytest.mark.parametrize("place", PIPELINE)
def test_no_file_of_the_pipeline_names_the_folder_of_truth(place: str) -> None:
    files = [path for path in (ROOT / place).rglob("*") if path.is_file() and path.suffix not in {".pyc", ".lock"}]
    readers = [path for path in files if FOLDER in _text(path) or "settings.truth" in _text(path)]
    assert readers == []


def test_no_asset_and_no_model_is_a_table_of_truth(home: Settings, manifest: Mapping[str, Any]) -> None:
    definitions = build_defs(home)
    keys = {"/".join(key.path) for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    sources = {f"{source['schema']}.{source['name']}" for source in manifest["sources"].values()}
    assert keys
    assert sources
    assert {key for key in keys if FOLDER in key or "truth" in key} == set()
    assert {name for name in sources if name.partition(".")[2] in PLANTED or "truth" in name} == set()


def test_nothing_in_the_manifest_reads_files_of_the_home(manifest: Mapping[str, Any]) -> None:
    reads_files = ("read_parquet", "parquet_scan", "read_csv", "glob(", ".parquet'")
    wrong = [
        node["name"]
        for node in manifest["nodes"].values()
        if any(reader in str(node.get("raw_code", "")) for reader in reads_files)
    ]
    assert wrong == []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
