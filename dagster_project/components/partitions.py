"""The partitions of everything that runs by business date."""

from __future__ import annotations

from typing import Final

import dagster as dg

from dagster_project.settings import Settings


def daily_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """One partition per business date; today's too, since a run as of today is a normal thing to ask for."""
    return dg.DailyPartitionsDefinition(start_date=settings.start_on.isoformat(), end_offset=1)


#: A backfill is the daily run, once for each date: what a run reads and writes hangs on its one business date.
ONE_DATE_A_RUN: Final = dg.BackfillPolicy.multi_run(max_partitions_per_run=1)
