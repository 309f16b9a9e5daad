"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize("module", ["sql", "suites", "evidence", "gx_engine"])
def test_examples_hold(module: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"dagster_project.quality.{module}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
