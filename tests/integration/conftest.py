"""One finished run of the whole street for each pack, shared by the tests that only look at it, in every worker."""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb
import pytest

from dagster_project import launch
from dagster_project.demo.telecom.delivery import write_telecom_inbox
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.home import choose_pack
from dagster_project.settings import Settings
from dagster_project.warehouse import quote
from tests.fixtures import tiny_retail

OPERATOR = TelecomOptions(customers=500, months=4, seed=1, as_of=date(2026, 6, 30))
_Built = TypeVar("_Built")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with the history up to the day before the last one, run once. Read only: copy it to change it."""

    def build(home: Path) -> Settings:
        settings = Settings(home=home, lock_wait_seconds=0)
        tiny_retail.write_inbox(settings.inbox, until=tiny_retail.LAST - timedelta(days=1))
        launch.run_daily(settings, tiny_retail.LAST - timedelta(days=1), progress=lambda _: None)
        return settings

    return _built_once(tmp_path_factory, "finished", build)


@pytest.fixture
def home(finished: Settings, tmp_path: Path) -> Callable[[], Settings]:
    """Makes copies of the finished home, each free to be changed."""

    def copy(name: str = "home") -> Settings:
        shutil.copytree(finished.home, tmp_path / name)
        return Settings(home=tmp_path / name, lock_wait_seconds=0)

    return copy


@pytest.fixture(scope="session")
def operator(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, launch.RunSummary]:
    """A home of a very small simulated operator, delivered and run once. Read only: copy it to change it."""

    def build(home: Path) -> tuple[Settings, launch.RunSummary]:
        settings = choose_pack(Settings(home=home, lock_wait_seconds=0), "telecom", OPERATOR.start_on)
        write_telecom_inbox(settings, OPERATOR)
        return settings, launch.run_daily(settings, OPERATOR.as_of, progress=lambda _: None)

    return _built_once(tmp_path_factory, "operator", build)


@pytest.fixture(params=["retail", pytest.param("telecom", marks=pytest.mark.slow)])
def either(request: pytest.FixtureRequest) -> Settings:
    """The finished home of each pack."""
    pack: str = request.param
    return request.getfixturevalue("finished") if pack == "retail" else request.getfixturevalue("operator")[0]


def _built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], _Built]) -> _Built:
    """What `build` makes of a home. The first worker that asks builds it, the others wait for it and get the same."""
    session = factory.getbasetemp()
    folder = (session.parent if "PYTEST_XDIST_WORKER" in os.environ else session) / f"built-{name}"
    folder.mkdir(exist_ok=True)
    built = folder / "built.pickle"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            shutil.rmtree(folder / "home", ignore_errors=True)
            built.write_bytes(pickle.dumps(build(folder / "home")))
        found: _Built = pickle.loads(built.read_bytes())
    return found


def published(settings: Settings, sql: str) -> list[tuple]:
    """What a query of the release gives."""
    with duckdb.connect(":memory:") as con:
        con.execute(f"attach {quote(settings.release_file)} as release (read_only)")
        con.execute("use release")
        return con.execute(sql).fetchall()
