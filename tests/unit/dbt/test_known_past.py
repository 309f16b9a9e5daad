"""A past day read as it was known then: corrections that came later do not reach back, unless they are asked to."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.dbt.lake import START, Lake, failed

DAY = START + timedelta(days=70)
LATER = START + timedelta(days=90)
STREET = ("--select", "+customer_stage_flows", "+customer_profit_loss", "--exclude-resource-type", "unit_test", "test")
SUBJECTS = ("marts.customer_lifecycle_periods", "marts.customer_stage_flows", "marts.customer_profit_loss",
            "marts.customer_tiers", "marts.fct_orders")  # fmt: skip


def _note_when_known(lake: Lake, corrected_on: date) -> None:
    """The ledger as the loader keeps it: in use from the day of delivery, a correction from the day it came."""
    with connect(lake.settings) as con:
        con.execute(
            "update ops.loads set known_from_on = case when version = 1 then business_on else $day end, "
            "known_to_on = case when status = 'superseded' then $day end",
            {"day": corrected_on},
        )


@pytest.mark.slow
def test_a_past_day_is_reproduced_after_corrections(tmp_path: Path) -> None:
    lake = Lake(Settings(home=tmp_path / "home")).prepare()
    lake.deliver_days(START, DAY)
    _note_when_known(lake, LATER)
    assert failed(lake.build(DAY, *STREET)) == []
    then = lake.tables()

    lake.deliver_days(DAY + timedelta(days=1), LATER)
    lake.deliver_lines(START, version=2)
    _note_when_known(lake, LATER)
    assert failed(lake.build(DAY, *STREET)) == []
    corrected = lake.tables()
    assert [subject for subject in SUBJECTS if corrected[subject] == then[subject]] == []

    as_known = Lake(Settings(home=lake.settings.home, as_known=True))
    assert failed(as_known.build(DAY, *STREET)) == []
    assert as_known.tables() == then
