"""One finished run of the whole street on the tiny retailer, shared by the tests that only look at it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from dagster_project import launch
from dagster_project.settings import Settings
from tests.fixtures import tiny_retail


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with the history up to the day before the last one, run once. Read only: copy it to change it."""
    settings = Settings(home=tmp_path_factory.mktemp("finished") / "home", lock_wait_seconds=0)
    tiny_retail.write_inbox(settings.inbox, until=tiny_retail.LAST - timedelta(days=1))
    launch.run_daily(settings, tiny_retail.LAST - timedelta(days=1), progress=lambda _: None)
    return settings


@pytest.fixture
def home(finished: Settings, tmp_path: Path) -> Callable[[], Settings]:
    """Makes copies of the finished home, each free to be changed."""

    def copy(name: str = "home") -> Settings:
        shutil.copytree(finished.home, tmp_path / name)
        return Settings(home=tmp_path / name, lock_wait_seconds=0)

    return copy
