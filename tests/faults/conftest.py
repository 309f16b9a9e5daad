"""What the fault suite counted, at the end of its report. Here, where a run over several processes finds it too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

_COUNTED = "counted"
Tell = Callable[[str], None]


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Adds a line to the end of the report: what was counted. Goes with the test's result, so from any process."""
    return lambda line: record_property(_COUNTED, line)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, line in report.user_properties:
                    if name == _COUNTED:
                        terminalreporter.write_line(line)
