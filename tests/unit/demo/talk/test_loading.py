"""The same bytes each time, and contracts and suites that take what a clean world sends without a complaint."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.extract import load_contracts, load_extracts, prepare
from dagster_project.quality import load_suites
from dagster_project.quality.runner import run_suites
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.demo.talk.conftest import AS_OF, Told, deliver

NOW = datetime(2026, 7, 1, 5, tzinfo=UTC)
SYSTEMS = ("hotline", "web", "survey")
#: Planted here; other systems plant their own tables.
TRUTH = {"agent_effects", "complaint_bursts", "hotline_contacts", "hotline_texts", "monthly_satisfaction", "reviews",
         "survey_invitations", "web_cookies", "web_steps", "web_visits"}  # fmt: skip


def _digests(settings: Settings) -> dict[str, str]:
    paths = [*settings.inbox.rglob("*.*"), *settings.truth.rglob("*.parquet")]
    return {str(path.relative_to(settings.home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    found = []
    for name, threads, seed in (("a", 1, 3), ("b", 2, 3), ("c", 2, 4)):
        settings = Settings(home=tmp_path / name, threads=threads, pack="telecom")
        deliver(settings, TelecomOptions(customers=600, months=3, seed=seed, as_of=AS_OF))
        found.append(_digests(settings))
    assert len(found[0]) > 100
    assert found[0] == found[1]
    other = {path for path, digest in found[0].items() if found[2].get(path) != digest}
    # Two worlds may well send the same number of records in a day, which is all that a control file says.
    assert other >= {path for path in found[0] if path.startswith("inbox/") and not path.endswith(".control.json")}


def test_truth_is_planted_for_every_system(told: Told) -> None:
    assert {path.stem for path in told.settings.truth.glob("*.parquet")} >= TRUTH


def test_a_clean_world_loads_whole_and_no_rule_complains(told: Told, tmp_path: Path) -> None:
    # A load takes the files out of the inbox; other tests read them there.
    settings = Settings(home=tmp_path / "home", pack="telecom")
    for system in SYSTEMS:
        shutil.copytree(told.settings.inbox / system, settings.inbox / system)
    contracts = {name: contract for name, contract in load_contracts(settings).items() if name in SYSTEMS}
    assert set(contracts) == set(SYSTEMS)
    sent = sum(1 for path in settings.inbox.rglob("*_*") if not path.name.endswith(".control.json"))
    with connect(settings) as con:
        prepare(con, settings, contracts)
        for contract in contracts.values():
            load_extracts(con, settings, contract, as_of=AS_OF, now=NOW, run_id="run")
        loads = con.execute(
            "select status, count(*), sum(rows_in - rows_loaded), min(rows_loaded) > 0 from ops.loads group by 1"
        ).fetchall()
    assert loads == [("loaded", sent, 0, True)]
    suites = [suite for suite in load_suites(settings) if suite.name.split(".")[1].split("__")[0] in SYSTEMS]
    assert len(suites) == 7
    results = run_suites(settings, suites, run_id="run", as_of=AS_OF, now=NOW)
    assert len(results) == sum(len(suite.rules) for suite in suites)
    assert [(result.check_id, result.status, result.observed) for result in results if result.status != "passed"] == []
