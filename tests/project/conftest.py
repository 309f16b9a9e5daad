"""One home for each pack, its dbt project parsed once for all rules over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from dagster_project.packs import load_packs
from dagster_project.settings import Settings
from dagster_project.transform import open_session

PACKS: Final = [name for name, pack in load_packs().items() if pack.sources]


@pytest.fixture(scope="session", params=PACKS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An empty home of each pack."""
    return Settings(home=tmp_path_factory.mktemp(request.param) / "home", pack=request.param)


@pytest.fixture(scope="session")
def manifest(home: Settings) -> Mapping[str, Any]:
    """The dbt manifest of the pack."""
    return open_session(home).manifest
