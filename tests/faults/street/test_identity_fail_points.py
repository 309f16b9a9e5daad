"""Identity resolution is killed at every durable step; a plain rerun gives the ids of an undisturbed run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dagster_project.identity import read_decisions
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.faults.street.processes import Starter
from tests.faults.street.test_fail_points import ELSEWHERE, KILLED

_IDS = "from ops.customer_ids order by all"


@pytest.fixture(scope="module")
def operators(starter: Starter, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A very small operator that was delivered and not run, and the same after a run. Read only."""
    folder = tmp_path_factory.mktemp("operators")
    delivered, done = folder / "delivered", folder / "done"
    command = ("demo", "telecom", "--customers", "150", "--months", "2", "--seed", "5")
    for order in (command, ("init",)):
        ended = starter.run(delivered, *order)
        assert ended.code == 0, ended.output
    shutil.copytree(delivered, done)
    ended = starter.run(done, "run")
    assert ended.code == 0, ended.output
    return delivered, done


def ids(home: Path) -> list[tuple[object, ...]]:
    with connect(Settings(home=home, pack="telecom"), read_only=True) as con:
        found = con.execute(_IDS).fetchall()
    assert found
    return found


@pytest.mark.parametrize("name", ["identity.ids_kept", "identity.copy_written", "identity.copy_placed"])
def test_a_first_resolution_killed_there_gives_the_same_ids(
    name: str, operators: tuple[Path, Path], starter: Starter, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(operators[0], home)
    assert starter.run(home, "run", failpoint=f"{name}=kill").code == KILLED
    ended = starter.run(home, "run")
    assert ended.code == 0, ended.output
    assert ids(home) == ids(operators[1])
    assert copies(home) == copies(operators[1]) == ["000001.parquet"]


def copies(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "identity" / "ids").glob("*.parquet"))


def test_ids_brought_back_after_a_rebuild_are_those_of_before(
    operators: tuple[Path, Path], starter: Starter, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(operators[1], home)
    assert starter.run(home, "rebuild", "--all").code == 0
    assert starter.run(home, "run", "--full-refresh", failpoint="identity.ids_restored=kill").code == KILLED
    ended = starter.run(home, "run", "--full-refresh")
    assert ended.code == 0, ended.output
    assert ids(home) == ids(operators[1])


def test_a_decision_stands_once_it_is_written(operators: tuple[Path, Path], starter: Starter, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(operators[1], home)
    with connect(Settings(home=home, pack="telecom"), read_only=True) as con:
        keys = [
            key
            for (key,) in con.execute(
                "select customer_key from intermediate.customer_xref where reason = 'single' and is_customer "
                "order by customer_key limit 2"
            ).fetchall()
        ]
    command = ("steward", "identity", "merge", *keys, "--reason", "test")
    assert starter.run(home, *command, failpoint="identity.decision_written=kill").code == KILLED
    assert [decision.action for decision in read_decisions(Settings(home=home, pack="telecom"))] == ["merge"]
    ended = starter.run(home, "run")
    assert ended.code == 0, ended.output
    with connect(Settings(home=home, pack="telecom"), read_only=True) as con:
        [(people,)] = con.execute(
            "select count(distinct customer_id) from intermediate.customer_xref "
            "where list_contains($keys, customer_key)",
            {"keys": keys},
        ).fetchall()
    assert people == 1


def test_every_step_of_identity_is_tried_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in ELSEWHERE["identity"] if name not in text] == []
