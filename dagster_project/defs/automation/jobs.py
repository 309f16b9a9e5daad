"""Jobs: the whole street for one business date, its first stretch alone, and what removes old files."""

from datetime import UTC, datetime

import dagster as dg

from dagster_project import audit
from dagster_project.components.partitions import daily_partitions
from dagster_project.extract import latest_business_date, load_contracts
from dagster_project.extract.retention import expire_landing
from dagster_project.settings import Settings, active_settings
from dagster_project.warehouse import connect

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


@dg.op(pool="warehouse", required_resource_keys={"settings", "writer"})
def purge_landing(context: dg.OpExecutionContext) -> None:
    """Remove landed files past their contract's `retention_days`, and say so in the audit log."""
    settings: Settings = context.resources.settings
    contracts = load_contracts(settings)
    with connect(settings, read_only=True) as con:
        as_of = latest_business_date(con, settings, contracts)
    removed = expire_landing(settings, contracts, as_of) if as_of else []
    freed = sum(item.bytes for item in removed)
    event = audit.Event(
        datetime.now(UTC),
        f"run {context.run_id[:8]}",
        "retention purge",
        "landing",
        f"as of {as_of}: {len(removed)} files, {freed} bytes",
    )
    with connect(settings) as con:
        audit.append(con, [event])
    context.log.info(event.detail)


@dg.job(description="Remove landed files that passed the retention of their contract. Safe to repeat.")
def retention() -> None:
    purge_landing()


retention_schedule = dg.ScheduleDefinition(
    name="retention_schedule",
    job=retention,
    cron_schedule="0 3 * * 0",
    description="Every Sunday; off until switched on.",
)

daily_schedule = dg.build_schedule_from_partitioned_job(
    daily,
    name="daily_schedule",
    hour_of_day=5,
    description="Every morning for the business date before; off until switched on.",
)
