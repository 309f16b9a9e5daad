"""A tiny build to publish, and the day and clock it is published with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from dagster_project.publish.release import Release, publish_release
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, ensure_tables

AS_OF = date(2017, 2, 28)
NOW = datetime(2017, 3, 1, 2)  # noqa: DTZ001 - stored times are UTC without zone


def home_in(folder: Path) -> Settings:
    return Settings(home=folder / "home", memory_limit="200MB", threads=1)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose build files hold `tiny_warehouse.sql`; to copy, not to change."""
    home = home_in(tmp_path_factory.mktemp("built"))
    with connect(home) as con:
        ensure_tables(con, home)
        con.execute(Path(__file__).with_name("tiny_warehouse.sql").read_text(encoding="utf-8"))
    return home


@pytest.fixture(scope="session")
def published(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with a release; to read, not to change."""
    home = home_in(tmp_path_factory.mktemp("published"))
    shutil.copytree(built.home, home.home)
    publish_release(home, as_of=AS_OF, run_id="run1", now=NOW)
    return home


@pytest.fixture
def settings(built: Settings, tmp_path: Path) -> Settings:
    """A home of the test's own, built and not yet published."""
    home = home_in(tmp_path)
    shutil.copytree(built.home, home.home)
    return home


@pytest.fixture
def publish(settings: Settings) -> Callable[..., Release]:
    """Publish the build as it is now; an SQL text changes the build first."""

    def _publish(change: str = "", *, now: datetime = NOW) -> Release:
        if change:
            with connect(settings) as con:
                con.execute(change)
        return publish_release(settings, as_of=AS_OF, run_id="run1", now=now)

    return _publish
