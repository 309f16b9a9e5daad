"""Every fail point of the code is on the one list, stands in one place, and is one that can be armed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from dagster_project.errors import ConfigurationError
from dagster_project.failpoints import FAIL_POINTS, FailPointError, arm, failpoint

PACKAGE = Path(__file__).resolve().parents[2] / "dagster_project"


def test_the_code_and_the_list_name_the_same_points_each_once() -> None:
    sources = [path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py")) if path.name != "failpoints.py"]
    found = Counter(name for text in sources for name in re.findall(r'\bfailpoint\("([^"]*)"\)', text))
    assert dict(found) == dict.fromkeys(FAIL_POINTS, 1)


def test_no_fail_point_has_a_computed_name() -> None:
    calls = [
        call
        for path in PACKAGE.rglob("*.py")
        if path.name != "failpoints.py"
        for call in re.findall(r"\bfailpoint\(.*", path.read_text("utf-8"))
    ]
    assert [call for call in calls if not re.match(r'failpoint\("[a-z_.]+"\)$', call)] == []


def test_a_point_that_nobody_armed_does_nothing() -> None:
    arm("")
    for name in FAIL_POINTS:
        failpoint(name)


def test_a_point_raises_at_the_hit_that_was_asked_for_and_no_other_point_does() -> None:
    arm("landing.copied=raise@2")
    try:
        failpoint("landing.placed")
        failpoint("landing.copied")
        with pytest.raises(FailPointError, match=r"landing\.copied"):
            failpoint("landing.copied")
    finally:
        arm("")


def test_a_trace_lists_what_was_reached(tmp_path: Path) -> None:
    arm(f"trace={tmp_path / 'reached'}")
    try:
        failpoint("landing.copied")
        failpoint("landing.placed")
    finally:
        arm("")
    assert (tmp_path / "reached").read_text("utf-8").split() == ["landing.copied", "landing.placed"]


@pytest.mark.parametrize("specification", ["landing.copied", "landing.copied=stop", "no.such=kill", "x=kill@0"])
def test_a_wrong_specification_is_refused(specification: str) -> None:
    with pytest.raises(ConfigurationError, match="arms no fail point"):
        arm(specification)
