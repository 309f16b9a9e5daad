"""dbt's own unit tests of the operator's staging models, and that every entity they feed is built."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from dagster_project.settings import Settings
from tests.unit.dbt.lake import Lake, failed

AS_OF: Final = date(2026, 6, 30)


def test_staging_rules_of_the_operator_hold_on_their_examples(tmp_path: Path) -> None:
    """Unit tests take the types of their inputs from the tables, so those are built before."""
    lake = Lake(Settings(home=tmp_path / "home", pack="telecom")).prepare()
    assert failed(lake.build(AS_OF, "--select", "staging", "conformed", "--exclude-resource-type", "unit_test")) == []
    events = lake.build(AS_OF, "--select", "staging")
    assert failed(events) == []
    assert sum(event["data"]["node_info"]["resource_type"] == "unit_test" for event in events) >= 3
    assert lake.fetch("select typeof(max(occurred_at)), typeof(bool_or(is_bot)) from conformed.web_events") == [
        ("TIMESTAMP", "BOOLEAN")
    ]
