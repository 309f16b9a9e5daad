"""Every planted defect is seen at raw, in its own feed and by what is meant to see it; clean days raise no alarm."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.demo.delivery import Manifest
from dagster_project.demo.telecom.defects import DEFECTS, Defect, plant_defects
from dagster_project.demo.telecom.delivery import write_telecom_inbox
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.demo.telecom.world import open_world
from dagster_project.errors import ConfigurationError
from dagster_project.extract import load_contracts, load_extracts, prepare, unchecked_loads
from dagster_project.quality import RuleResult, load_suites
from dagster_project.quality.runner import run_suites
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

pytestmark = pytest.mark.slow
OPTIONS = TelecomOptions(customers=500, months=4)
NOW = datetime(2026, 7, 1, 5, tzinfo=UTC)
#: What the ledger says about the file, for the kinds that the loader sees.
WORDS = {
    "duplicated_file": "the same contents as",
    "truncated_at_line_end": "rows expected",
    "cut_gzip": "the gzip stream ends early",
    "wrong_encoding": "invalid_encoding",
    "header_renamed": "column outcome is missing; the nearest header is 'result_code'",
    "header_added": "'remark'",
    "mangled_phone": "mangled in caller_no",
    "future_date": "implausible_date in responded_at",
    "unknown_code": "codes in kind",
    "shifted_columns": "pattern in",
    "lost_cent": "sum of gross_amount",
    "volume_drop": "of the usual",
    "vanished_snapshot": "are gone",
}


@dataclass(frozen=True)
class Loaded:
    """A home after checking raw: status and reason by (system, file), files with bad rows, failed checks."""

    settings: Settings
    status: dict[tuple[str, str], str]
    reason: dict[tuple[str, str], str | None]
    with_bad_rows: set[tuple[str, str]]
    failed: list[RuleResult]


def load(home: Path) -> Loaded:
    settings = Settings(home=home, pack="telecom", start_on=OPTIONS.start_on)
    contracts = load_contracts(settings)
    suites = [suite for suite in load_suites(settings) if suite.schema_name == "raw"]
    with connect(settings) as con:
        prepare(con, settings, contracts)
        for contract in contracts.values():
            load_extracts(con, settings, contract, as_of=OPTIONS.as_of, now=NOW, run_id="run")
        new = {suite.name: list(unchecked_loads(con, *suite.table.split("__", 1))) for suite in suites}
    results = run_suites(settings, suites, run_id="run", as_of=OPTIONS.as_of, now=NOW, load_ids=new)
    with connect(settings, read_only=True) as con:
        status = con.execute("select system, file, status, reason from ops.loads").fetchall()
        bad = con.execute("select distinct system, file from ops.loads where rows_quarantined > 0").fetchall()
    return Loaded(
        settings,
        {(system, file): state for system, file, state, _ in status},
        {(system, file): reason for system, file, _, reason in status},
        set(bad),
        [result for result in results if result.status != "passed"],
    )


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of the operator with everything delivered and nothing loaded."""
    home = tmp_path_factory.mktemp("sent") / "home"
    write_telecom_inbox(Settings(home=home, pack="telecom", start_on=OPTIONS.start_on), OPTIONS)
    return home


@pytest.fixture(scope="module")
def clean(sent: Path) -> Loaded:
    home = sent.with_name("clean")
    shutil.copytree(sent, home)
    return load(home)


@pytest.fixture(scope="module")
def damaged(sent: Path) -> Loaded:
    home = sent.with_name("damaged")
    shutil.copytree(sent, home)
    settings = Settings(home=home, pack="telecom", start_on=OPTIONS.start_on)
    edition = json.loads((home / "demo_manifest.json").read_text())["edition"]
    with open_world(settings, OPTIONS) as world:
        plant_defects(world, Manifest.read(settings, edition))
    return load(home)


def planted(loaded: Loaded) -> dict[str, tuple[str, str, str]]:
    """System, extract and file by kind, from the truth."""
    rows = duckdb.execute(
        "select distinct kind, system, extract, file from read_parquet($path)",
        {"path": str(loaded.settings.truth / "defects.parquet")},
    ).fetchall()
    return {kind: (system, extract, file) for kind, system, extract, file in rows}


def test_an_operator_too_small_for_a_defect_is_refused_in_words(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, pack="telecom", start_on=OPTIONS.start_on)
    with (
        open_world(settings, OPTIONS) as world,
        pytest.raises(ConfigurationError, match=r"cannot be planted in .*: expected at least one file, got none"),
    ):
        plant_defects(world, Manifest.read(settings, "an edition that sent nothing"))


def test_clean_days_raise_no_alarm(clean: Loaded) -> None:
    assert {key: state for key, state in clean.status.items() if state in ("held", "rejected")} == {}
    assert clean.with_bad_rows == set()
    assert [result.check_id for result in clean.failed if result.severity == "critical"] == []


def test_the_truth_says_where_each_defect_is(damaged: Loaded) -> None:
    found = planted(damaged)
    assert {kind: place[:2] for kind, place in found.items()} == {
        defect.kind: (defect.system, defect.extract) for defect in DEFECTS
    }
    assert len(found) >= 12


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.kind)
def test_a_defect_is_seen_by_what_is_meant_to_see_it(defect: Defect, damaged: Loaded) -> None:
    system, extract, file = planted(damaged)[defect.kind]
    state = damaged.status.get((system, file))
    assert WORDS.get(defect.kind, "") in (damaged.reason.get((system, file)) or "")
    if defect.seen_as in ("held", "rejected", "duplicate"):
        assert state == defect.seen_as
    elif defect.seen_as == "bad rows":
        # One bad row of very few is too large a share: the whole file is held then.
        assert (system, file) in damaged.with_bad_rows or state == "held"
    else:
        assert [result.asset for result in damaged.failed if result.check_id == defect.seen_as] == [
            f"raw.{system}__{extract}"
        ]


def test_nothing_else_is_held(clean: Loaded, damaged: Loaded) -> None:
    places = planted(damaged).values()
    files = {(system, file) for system, _, file in places}
    stopped = {key for key, state in damaged.status.items() if state in ("held", "rejected")}
    assert stopped - files == set()
    assert damaged.with_bad_rows - files == set()
    feeds = {f"raw.{system}__{extract}" for system, extract, _ in places}
    before = {result.check_id for result in clean.failed}
    assert {result.asset for result in damaged.failed if result.check_id not in before} - feeds == set()
