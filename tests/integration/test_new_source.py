"""A data engineer adds a system from a sample file: what is written is taken by the project as it stands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRET = "Muster"
SAMPLE = "Receipt;customer_id;Store;text;left;mail;Amount\n" + "".join(
    f"{700_000 + n};{n % 40 + 1};{n % 7:03d};Frau {SECRET} fand es zu kühl im Laden und kommt nicht wieder;"
    f"{n % 28 + 1:02d}.11.2017 08:{n % 60:02d}:00;kunde{n}@shop.example;{n % 90},{n % 100:02d}\n"
    for n in range(300)
)
LOADS_IT = """
from datetime import UTC, date, datetime
from dagster_project.extract import load_contracts, load_extracts, prepare
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
settings = Settings()
contracts = load_contracts(settings)
with connect(settings) as con:
    prepare(con, settings, contracts)
    day, now = date(2017, 11, 30), datetime.now(UTC)
    [load] = load_extracts(con, settings, contracts["kiosk"], as_of=day, now=now, run_id="r")
print(load.status, load.rows_in, load.rows_loaded)
"""


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(root), "TENURE_HOME": str(root / "home")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("walk") / "checkout"
    ignored = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", "bench", "home")
    shutil.copytree(ROOT, copy, ignore=ignored)
    return copy


@pytest.mark.slow
def test_a_system_from_a_sample_is_loaded_staged_and_checked_without_python(root: Path) -> None:
    sample = root / "kiosk_feedback_2017-11-25.csv"
    sample.write_text(SAMPLE, encoding="latin-1")
    tenure = "from dagster_project.cli import main; main()"
    new = run(root, "-c", tenure, "source", "new", "kiosk", "--from", str(sample), "--entity", "feedback")
    assert (new.returncode, new.stderr) == (0, "")
    assert "entity_sources: feedback: [..., kiosk]" in new.stdout
    written = [path for path in root.rglob("*kiosk*") if path.is_file() and path != sample]
    written += list((root / "dagster_project/defs/sources/kiosk").iterdir())
    assert len(written) == 5
    assert SECRET not in new.stdout + "".join(path.read_text(encoding="utf-8") for path in written)

    project = root / "dbt" / "dbt_project.yml"
    text = project.read_text(encoding="utf-8")
    assert "    feedback: [" in text
    listed = text.replace("    feedback: []", "    feedback: [kiosk]").replace(
        "    feedback: [h", "    feedback: [kiosk, h"
    )
    switch = """      kiosk: {+enabled: "{{ 'kiosk' in var('sources_enabled', []) }}"}\n"""
    assert switch.strip() in new.stdout.replace("\n", " ")
    project.write_text(listed.replace("    staging: &enabled\n", f"    staging: &enabled\n{switch}"), encoding="utf-8")
    packs = root / "dagster_project" / "packs.yml"
    packs.write_text(packs.read_text(encoding="utf-8").replace("    - crm\n", "    - crm\n    - kiosk\n", 1), "utf-8")
    rules = run(root, "-m", "pytest", "-q", "-x", "tests/project/test_models.py", "tests/project/test_suites.py")
    assert rules.returncode == 0, rules.stdout[-3000:]

    inbox = root / "home" / "inbox" / "kiosk"
    inbox.mkdir(parents=True)
    target = inbox / sample.name
    shutil.copy(sample, target)
    os.utime(target, (1_500_000_000, 1_500_000_000))
    loaded = run(root, "-c", LOADS_IT)
    assert loaded.stdout.split() == ["loaded", "300", "300"], loaded.stderr[-3000:]
