"""Jobs: the whole street for one business date, and its first stretch alone."""

import dagster as dg

from dagster_project.components.partitions import daily_partitions
from dagster_project.settings import active_settings

_partitions = daily_partitions(active_settings())

daily = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.all(),
    partitions_def=_partitions,
    description="Inbox to published release for one business date.",
)

load = dg.define_asset_job(
    "load",
    selection=dg.AssetSelection.key_prefixes("raw"),
    partitions_def=_partitions,
    description="Load the inbox into raw and check it; build nothing.",
)

daily_schedule = dg.build_schedule_from_partitioned_job(
    daily,
    name="daily_schedule",
    hour_of_day=5,
    description="Every morning for the business date before; off until switched on.",
)
