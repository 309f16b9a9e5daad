"""Documents that repeat the code are held to it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from dagster_project.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


def test_the_command_reference_is_current() -> None:
    command = [sys.executable, "-m", "typer", "dagster_project.cli", "utils", "docs", "--name", "tenure"]
    written = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs" / "cli.md").read_text("utf-8").strip() == written.strip(), "run `make docs`"


def test_commands_in_the_documents_exist() -> None:
    reference = (ROOT / "docs" / "cli.md").read_text("utf-8")
    commands = set(re.findall(r"^#+ `tenure ([a-z ]+)`", reference, re.MULTILINE))
    groups = {command.split()[0] for command in commands if " " in command}
    for document in ("README.md", "CONTRIBUTING.md", "docs/operations.md"):
        named = re.findall(
            r"(?:^\$ |`)tenure ([a-z]+)(?: ([a-z]+))?", (ROOT / document).read_text("utf-8"), re.MULTILINE
        )
        for first, second in named:
            wanted = f"{first} {second}" if first in groups and second else first
            assert wanted in commands, f"{document} names `tenure {wanted}`"


def test_make_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md", "docs/operations.md", ".ci/run"):
        named = set(re.findall(r"(?:^\$? ?|`)make ([a-z]+)", (ROOT / document).read_text("utf-8"), re.MULTILINE))
        assert named <= targets, document


def test_every_setting_is_in_the_example_with_its_default() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    found = re.findall(r"^# (.+)\n# TENURE_([A-Z_]+)=(.*)$", example, re.MULTILINE)
    # Paths depend on the machine; the example shows the checkout's.
    shown = {"home": "warehouse/var", "project_root": "."}
    assert found == [
        (field.description, name.upper(), shown.get(name, "" if field.default is None else str(field.default)))
        for name, field in Settings.model_fields.items()
    ]
