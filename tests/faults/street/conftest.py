"""Homes for the fault suite: a history that is run once, and what an undisturbed run of the next day makes of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.faults.street import retailer, state
from tests.faults.street.processes import Ended, Starter


@dataclass
class Street:
    """A home under test and the state that it has to reach."""

    home: Path
    starter: Starter
    old: tuple[object, ...]
    reference: Path
    wanted: dict[str, Any] = field(default_factory=dict)

    def tenure(self, *command: str, **options: Any) -> Ended:
        return self.starter.run(self.home, *command, **retailer.SETTINGS, **options)

    def finish(self) -> None:
        """A plain rerun, nothing in between, ends well and in the state of the undisturbed run."""
        ended = self.tenure("run")
        assert ended.code == 0, ended.output
        self.assert_whole()

    def assert_whole(self) -> None:
        """The six invariants, all but the fifth, which `finish` is."""
        assert state.ledger_problems(self.home) == []
        assert state.release_problems(self.home) == []
        assert state.leaks(self.home, retailer.CANARIES) == []
        assert state.identity(self.home) == self.wanted["identity"]
        self._assert_equal("tables", state.tables(self.home))
        self._assert_equal("files", state.files(self.home))

    def assert_rerun_changes_nothing(self) -> None:
        before = state.tables(self.home), state.files(self.home), state.identity(self.home)
        ended = self.tenure("run")
        assert (ended.code, "Nothing changed" in ended.output) == (0, True), ended.output
        assert (state.tables(self.home), state.files(self.home), state.identity(self.home)) == before

    def assert_published_is_old_or_new(self) -> None:
        assert state.identity(self.home) in (self.old, self.wanted["identity"])

    def _assert_equal(self, what: str, found: dict[str, Any]) -> None:
        wanted = self.wanted[what]
        different = {name: (found.get(name), wanted.get(name)) for name in found.keys() | wanted.keys()}
        assert {name: pair for name, pair in different.items() if pair[0] != pair[1]} == {}


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    started = Starter()
    yield started
    started.close()


@pytest.fixture(scope="session")
def base(starter: Starter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history, run once."""
    home = tmp_path_factory.mktemp("street") / "base"
    retailer.history(home / "inbox")
    ended = starter.run(home, "run", **retailer.SETTINGS)
    assert ended.code == 0, ended.output
    return home


@pytest.fixture(scope="session")
def reference(base: Path, starter: Starter) -> Path:
    """The next day, undisturbed. Its trace names every fail point that a run passes."""
    home = base.with_name("reference")
    shutil.copytree(base, home)
    retailer.last_day(home / "inbox")
    ended = starter.run(home, "run", failpoint=f"trace={trace_of(home)}", **retailer.SETTINGS)
    assert ended.code == 0, ended.output
    return home


def trace_of(reference: Path) -> Path:
    return reference.with_name("trace")


@pytest.fixture(scope="session")
def wanted(reference: Path) -> dict[str, Any]:
    return {
        "tables": state.tables(reference), "files": state.files(reference), "identity": state.identity(reference),
    }  # fmt: skip


@pytest.fixture
def make_street(
    base: Path, reference: Path, starter: Starter, wanted: dict[str, Any], tmp_path: Path
) -> Iterator[Callable[..., Street]]:
    """Makes homes with the history in use and the last day in the inbox; they are removed after the test."""

    def make(name: str = "home") -> Street:
        home = tmp_path / name
        shutil.copytree(base, home)
        retailer.last_day(home / "inbox")
        return Street(home, starter, state.identity(base), reference, wanted)

    yield make
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def street(make_street: Callable[..., Street]) -> Street:
    return make_street()
