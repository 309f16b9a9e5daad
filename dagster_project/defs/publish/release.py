"""Publish: the release that readers see, the report on it, the list that people act on."""

from datetime import UTC, date, datetime
from typing import Any, Final

import dagster as dg

from dagster_project.components.partitions import ONE_DATE_A_RUN, daily_partitions
from dagster_project.components.quality_suite import assert_gate_open, checks_of
from dagster_project.publish.export import export_churn_list
from dagster_project.publish.release import publish_release
from dagster_project.publish.report import render_report
from dagster_project.settings import Settings, active_settings

_COMMON: Final[dict[str, Any]] = {
    "group_name": "reports",
    "partitions_def": daily_partitions(active_settings()),
    "backfill_policy": ONE_DATE_A_RUN,
    "pool": "warehouse",
    "required_resource_keys": {"settings", "writer"},
}
_RELEASE: Final = dg.AssetKey(["published", "release"])


@dg.asset(
    key=_RELEASE,
    deps=[
        ["activation", "act_churn_list"],
        ["ml", "segment_profiles"],
        ["marts", "campaign_results"],
        ["marts", "customer_lifecycle_flows"],
        ["marts", "customer_rfm"],
        ["marts", "fct_order_lines"],
        ["ops", "reconciliation"],
        ["ops", "run_health"],
        ["ops", "source_inventory"],
        ["ops", "storage"],
    ],
    owners=["team:data-platform"],
    kinds={"duckdb"},
    description="The read-only file that analysts query: swapped in whole, or left as it was.",
    **_COMMON,
)
def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    settings: Settings = context.resources.settings
    assert_gate_open(context.instance, checks_of(["*"]))
    published = publish_release(
        settings, as_of=date.fromisoformat(context.partition_key), run_id=context.run_id, now=datetime.now(UTC)
    )
    return dg.MaterializeResult(
        metadata={
            "release_id": published.release_id,
            "content_hash": published.content_hash,
            "is_new": published.is_new,
            "bytes": published.bytes,
            "file": dg.MetadataValue.path(str(published.path)),
        }
    )


@dg.asset(
    key=["reports", "retention_report"],
    deps=[_RELEASE],
    owners=["team:retention"],
    kinds={"html"},
    description="One page that opens offline: lifecycle, segments, churn list, how good the model is, data quality.",
    **_COMMON,
)
def retention_report(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    path = render_report(context.resources.settings, as_of=date.fromisoformat(context.partition_key))
    return dg.MaterializeResult(metadata={"file": dg.MetadataValue.path(str(path)), "bytes": path.stat().st_size})


@dg.asset(
    key=["exports", "churn_list"],
    deps=[_RELEASE],
    owners=["team:retention"],
    kinds={"csv"},
    description="The churn list as CSV, safe to open in a spreadsheet.",
    **_COMMON,
)
def churn_list(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    export = export_churn_list(
        context.resources.settings, as_of=date.fromisoformat(context.partition_key), now=datetime.now(UTC)
    )
    return dg.MaterializeResult(
        metadata={"file": dg.MetadataValue.path(str(export.path)), "dagster/row_count": export.rows}
    )
