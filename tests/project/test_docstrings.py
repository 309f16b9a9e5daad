"""The examples in docstrings run, wherever they stand; `+SKIP` marks those that need a home with data."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
_RUNS: Final = re.compile(r"^ *>>> (?!.*\+SKIP)", re.MULTILINE)
MODULES: Final = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("dagster_project", "ml")
    for path in (ROOT / package).rglob("*.py")
    if _RUNS.search(path.read_text(encoding="utf-8"))
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted > 0
    assert outcome.failed == 0
