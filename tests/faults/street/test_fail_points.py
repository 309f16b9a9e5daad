"""A run is killed at every durable step; a plain rerun then gives what an undisturbed run gives."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from dagster_project.failpoints import FAIL_POINTS
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.faults.conftest import Tell
from tests.faults.street import retailer, state
from tests.faults.street.conftest import Street, trace_of
from tests.faults.street.processes import Starter

KILLED = -9
#: The columns that name a load, and the schemas whose tables are published.
LOAD_NAMES = frozenset({"load_id", "input_hash"})
PUBLISHED = ("marts.", "ml.", "activation.")
#: Fail points that a run passes many times: which of these times are tried. The others are tried at every one.
SOME_HITS = {
    "dbt.node_built": (1, 9, 45, 88, 130, 175, 220, 257),
    "docs.page_written": (1, 50, 96),
    "docs.page_placed": (1, 95),
    "landing.copied": (1, 3),
    "landing.placed": (2,),
    "ml.table_filled": (1, 4, 6, 9),
    "ml.table_committed": (2, 5),
}
HITS = {
    1: (
        "home.tables_made", "checks.rows_quarantined", "identity.tables_filled", "identity.committed",
        "release.ops_copied", "release.checkpointed", "release.placed", "release.recorded",
    ),
    2: ("export.placed", "export.recorded"),
    3: (
        "journal.written", "load.rows_stored", "load.recorded", "load.committed", "load.inbox_file_removed",
        "checks.stored", "checks.loads_passed", "checks.settled", "dbt.gate_started", "dbt.gate_built",
        "dbt.results_stored", "model.file_written", "model.file_placed",
    ),
    5: ("file.written", "file.flushed", "file.placed"),
}  # fmt: skip
IN_A_RUN = {
    **SOME_HITS,
    **{name: tuple(range(1, hits + 1)) for hits, names in HITS.items() for name in names},
}
ELSEWHERE = {
    "home": ("home.instance_file_written", "home.instance_file_placed"),
    "demo": ("demo.file_written", "demo.file_placed", "demo.manifest_written", "demo.manifest_placed"),
    "held": ("checks.loads_held",),
    # What the retailer, whose systems share one customer number, never comes to.
    "identity": (
        "identity.ids_kept", "identity.copy_written", "identity.copy_placed", "identity.ids_restored",
        "identity.decision_written",
    ),
    "rebuild": ("rebuild.loaded", "rebuild.set_aside", "rebuild.placed"),
}  # fmt: skip


def test_every_fail_point_is_tried(reference: Path, tell: Tell) -> None:
    others = {name for names in ELSEWHERE.values() for name in names}
    assert IN_A_RUN.keys() | others == FAIL_POINTS.keys()
    passed = Counter(trace_of(reference).read_text("utf-8").split())
    assert passed.keys() == IN_A_RUN.keys()
    assert {name: hits for name, hits in IN_A_RUN.items() if max(hits) > passed[name]} == {}
    not_some = {name for name in IN_A_RUN if name not in SOME_HITS and len(IN_A_RUN[name]) != passed[name]}
    assert not_some == set(), "every time that these are passed is tried"
    tried = sum(map(len, IN_A_RUN.values())) + len(others)
    tell(
        f"Durable steps: {len(FAIL_POINTS)} fail points, {len(IN_A_RUN)} of them in a run, which passes them "
        f"{passed.total()} times; killed at {tried} places."
    )


@pytest.mark.parametrize(("name", "hit"), [(name, hit) for name, hits in IN_A_RUN.items() for hit in hits], ids=str)
def test_a_run_killed_there_leaves_nothing_to_do_for_anyone(name: str, hit: int, street: Street) -> None:
    assert street.tenure("run", failpoint=f"{name}=kill@{hit}").code == KILLED, "the point was reached"
    street.assert_published_is_old_or_new()
    assert state.ledger_problems(street.home) == []
    assert state.leaks(street.home, retailer.CANARIES) == []
    street.finish()
    street.assert_rerun_changes_nothing()
    deliveries = _deliveries(street.home)
    assert street.tenure("rebuild", "--all").code == 0
    assert _deliveries(street.home) == deliveries


def test_the_lake_and_the_warehouse_from_landing_are_those_that_grew(street: Street) -> None:
    street.finish()
    assert street.tenure("rebuild", "--all").code == 0
    ended = street.tenure("run", "--full-refresh")
    assert ended.code == 0, ended.output
    # How bad a day was is judged on other rows, so the release has another name; what it holds is the same.
    wanted = {**street.wanted, "identity": state.identity(street.home)}
    assert state.identity(street.home)[1:] == street.wanted["identity"][1:]
    Street(street.home, street.starter, street.old, street.reference, wanted).assert_whole()


@pytest.mark.parametrize("name", ELSEWHERE["rebuild"])
def test_a_rebuild_killed_there_is_begun_anew(name: str, street: Street) -> None:
    street.finish()
    assert street.tenure("rebuild", "--all", failpoint=f"{name}=kill").code == KILLED
    stopped = street.tenure("run")
    assert (stopped.code, "`tenure rebuild`" in stopped.output) == (9, True), stopped.output
    assert street.tenure("rebuild").code == 0
    ended = street.tenure("run", "--full-refresh")
    assert ended.code == 0, ended.output
    assert state.tables(street.home) == street.wanted["tables"]


def test_killed_while_holding_a_load_the_next_run_says_why_and_a_good_file_settles_it(street: Street) -> None:
    path = street.home / "inbox" / "loyalty" / f"coupon_redemptions_{retailer.LAST}.jsonl"
    good = path.read_bytes()
    path.write_bytes(good.replace(str(retailer.LAST).encode(), b"2017-01-02"))
    assert street.tenure("run", failpoint="checks.loads_held=kill").code == KILLED
    stopped = street.tenure("run")
    assert (stopped.code, "loyalty" in stopped.output) == (3, True), stopped.output
    assert state.identity(street.home) == street.old
    path.write_bytes(good)
    ended = street.tenure("run")
    assert ended.code == 0, ended.output
    assert state.ledger_problems(street.home) == state.release_problems(street.home) == []
    # The good file is a second version, so its load has a name of its own, which marts and their input hashes bear.
    marts = [
        {name: found for name, found in state.tables(home, leave_out=LOAD_NAMES).items() if name.startswith(PUBLISHED)}
        for home in (street.home, street.reference)
    ]
    assert marts[0] == marts[1]


@pytest.mark.parametrize("name", ELSEWHERE["home"])
def test_a_home_killed_while_it_is_made_is_made_by_the_next_init(name: str, starter: Starter, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert starter.run(home, "init", failpoint=f"{name}=kill").code == KILLED
    ended = starter.run(home, "init")
    assert ended.code == 0, ended.output
    shipped = Path(__file__).parents[3] / "dagster_project" / "dagster.yaml"
    assert (home / "dagster_home" / "dagster.yaml").read_bytes() == shipped.read_bytes()


@pytest.mark.parametrize("name", ELSEWHERE["demo"])
def test_sample_data_killed_there_is_completed_by_the_next_delivery(
    name: str, starter: Starter, tmp_path: Path
) -> None:
    command = ("demo", "retail", "--until", "2017-01-03")
    homes = [tmp_path / "killed", tmp_path / "undisturbed"]
    assert starter.run(homes[0], *command, failpoint=f"{name}=kill").code == KILLED
    found = []
    for home in homes:
        ended = starter.run(home, *command)
        assert ended.code == 0, ended.output
        found.append(state.files(home))
    assert found[0] == found[1]
    shutil.rmtree(tmp_path, ignore_errors=True)


def _deliveries(home: Path) -> list[tuple[object, ...]]:
    with connect(Settings(home=home), read_only=True) as con:
        return con.execute(
            "select load_id, file, sha256, business_on, version, rows_in, loaded_at, file_modified_at from ops.loads"
            " order by all"
        ).fetchall()
