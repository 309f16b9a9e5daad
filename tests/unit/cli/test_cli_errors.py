"""How commands fail: a documented exit code and one paragraph, never a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project import errors
from dagster_project.commands import status
from dagster_project.errors import TenureError
from dagster_project.settings import Settings
from tests.unit.cli.conftest import Tenure

RUNBOOK = Path(__file__).resolve().parents[3] / "docs" / "operations.md"


def all_errors(kind: type[TenureError] = TenureError) -> Iterator[type[TenureError]]:
    yield kind
    for derived in kind.__subclasses__():
        yield from all_errors(derived)


def test_every_exit_code_is_in_the_runbook_and_no_other() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", RUNBOOK.read_text("utf-8"), re.MULTILINE)}
    raised = {kind.exit_code for kind in all_errors() if kind.__module__ == errors.__name__}
    assert documented == raised | {0}


def test_codes_tell_errors_apart() -> None:
    codes = [kind.exit_code for kind in all_errors() if kind.__module__ == errors.__name__]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("kind", list(all_errors()), ids=lambda kind: kind.__name__)
def test_an_error_is_one_paragraph_and_its_code(
    tenure: Tenure, monkeypatch: pytest.MonkeyPatch, kind: type[TenureError]
) -> None:
    def fail(settings: Settings) -> None:
        raise kind("File x of system pos ends early.", "deliver it again")

    monkeypatch.setattr(status, "show_status", fail)
    outcome = tenure("status")
    assert outcome == (kind.exit_code, "", "Error: File x of system pos ends early. Next: deliver it again\n")


def test_an_unforeseen_error_leaves_its_traceback_in_the_log(
    tenure: Tenure, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: Settings) -> None:
        raise ZeroDivisionError("a value of a customer")

    monkeypatch.setattr(status, "show_status", fail)
    outcome = tenure("status")
    log_file = settings.home / "tenure.log"
    assert outcome.code == 1
    assert str(log_file) in outcome.err
    assert outcome.err.count("\n") == 1
    assert "a value of a customer" not in outcome.err
    assert "a value of a customer" in log_file.read_text("utf-8")


def test_an_error_of_ours_is_found_inside_that_of_a_library(
    tenure: Tenure, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: Settings) -> None:
        try:
            raise errors.TransformError("Model stg_pos__order_lines failed.", "correct it")
        except TenureError as error:
            raise RuntimeError("definitions could not be built") from error

    monkeypatch.setattr(status, "show_status", fail)
    assert tenure("status") == (7, "", "Error: Model stg_pos__order_lines failed. Next: correct it\n")
    assert not (settings.home / "tenure.log").exists()


def test_without_a_writable_home_the_log_is_elsewhere(
    tenure: Tenure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TENURE_HOME", str(tmp_path / "file" / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(status, "show_status", lambda settings: 1 / 0)
    assert str(tmp_path / "tenure.log") in tenure("status").err


def test_a_wrong_setting_is_named(tenure: Tenure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENURE_THREADS", "many")
    outcome = tenure("status")
    assert outcome.code == 2
    assert "TENURE_THREADS" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("arguments", [["frob"], ["run", "--as-of", "31.12.2017"], ["query"], ["dev", "--port", "0"]])
def test_wrong_usage_ends_with_2(tenure: Tenure, arguments: list[str]) -> None:
    outcome = tenure(*arguments)
    assert outcome.code == 2
    assert "Usage: tenure" in outcome.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_log_on_a_full_disk_changes_no_exit_code(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from dagster_project.cli import main; main()", "query", "select 1"]
    environment = {**os.environ, "TENURE_HOME": str(tmp_path / "none")}
    seen = subprocess.run(command, env=environment, capture_output=True, check=False)
    with Path("/dev/full").open("wb") as full:
        unseen = subprocess.run(command, env=environment, stdout=full, stderr=full, check=False)
    assert seen.returncode == unseen.returncode
    assert seen.returncode not in {0, 1}
