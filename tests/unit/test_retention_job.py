"""The retention job runs on a home of its own and says in the audit log what it removed."""

from __future__ import annotations

from dagster_project.components.resources import writer
from dagster_project.defs.automation.jobs import retention
from dagster_project.extract import load_contracts, prepare
from dagster_project.settings import Settings
from dagster_project.warehouse import connect


def test_a_purge_is_in_the_audit_log(settings: Settings) -> None:
    with connect(settings) as con:
        prepare(con, settings, load_contracts(settings))
    assert retention.execute_in_process(resources={"settings": settings, "writer": writer}).success
    with connect(settings, read_only=True) as con:
        assert con.execute("select event, object from ops.audit_log").fetchall() == [("retention purge", "landing")]
