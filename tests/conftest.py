"""Fixtures shared by all tests. No test touches the checkout's own `warehouse/var`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dagster_project.launch import ENVIRONMENT
from dagster_project.settings import Settings

os.environ.update(ENVIRONMENT)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty home."""
    return Settings(home=tmp_path / "home", lock_wait_seconds=0)
