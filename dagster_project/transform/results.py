"""What dbt's tests found, in the shape that `ops.check_results` and error messages need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import duckdb
import pyarrow as pa

from dagster_project.transform.session import DbtEvent

_FAILED: Final = frozenset({"error", "fail", "runtime error"})
#: Dimension of data quality that a generic dbt test measures; tests of our own say it in `meta.dimension`.
_DIMENSIONS: Final = {
    "unique": "uniqueness",
    "not_null": "completeness",
    "accepted_values": "validity",
    "relationships": "integrity",
}


def failures(events: Sequence[DbtEvent]) -> list[str]:
    """Names of the models and tests that failed, with dbt's one-line reason."""
    return [
        f"{event['data']['node_info']['node_name']} ({event['info']['msg']})"
        for event in events
        if event["data"]["node_info"]["node_status"] in _FAILED
    ]


def store_test_results(
    con: duckdb.DuckDBPyConnection,
    events: Sequence[DbtEvent],
    manifest: Mapping[str, Any],
    *,
    run_id: str,
    as_of: date,
    now: datetime,
) -> int:
    """Write one row per dbt test to `ops.check_results`; a repeated call replaces its rows. Returns the rows."""
    rows = [
        _row(event, manifest, run_id=run_id, as_of=as_of, now=now)
        for event in events
        if event["info"]["name"] == "LogTestResult" and event["data"]["node_info"]["unique_id"] in manifest["nodes"]
    ]
    if not rows:
        return 0
    con.register("dbt_results", pa.Table.from_pylist(rows))
    con.execute(
        "delete from lake.ops.check_results where engine = 'dbt' and run_id = ?"
        " and check_id in (select check_id from dbt_results)",
        [run_id],
    )
    con.execute("insert into lake.ops.check_results by name select * from dbt_results")
    con.unregister("dbt_results")
    return len(rows)


def _row(event: DbtEvent, manifest: Mapping[str, Any], *, run_id: str, as_of: date, now: datetime) -> dict[str, Any]:
    info = event["data"]["node_info"]
    node = manifest["nodes"][info["unique_id"]]
    meta = node["config"].get("meta", {})
    tested = manifest["nodes"].get(node.get("attached_node") or "", {})
    # A generic test speaks for its model; a test of our own says itself whose it is.
    about = tested["config"].get("meta", {}) if tested else meta
    generic = (node.get("test_metadata") or {}).get("name", "")
    severity = str(node["config"].get("severity", "error")).lower()
    status = {"pass": "passed", "warn": "failed", "fail": "failed"}.get(info["node_status"], "error")
    failed = event["data"].get("num_failures")
    return {
        "run_id": run_id,
        "as_of_on": as_of,
        "asset": f"{tested['schema']}.{tested['name']}" if tested else meta.get("asset", "project"),
        "suite": "dbt",
        "check_id": node["name"],
        "engine": "dbt",
        "dimension": meta.get("dimension") or _DIMENSIONS.get(generic, "consistency"),
        "severity": "critical" if severity == "error" else "warning",
        "on_fail": "block" if severity == "error" else "report",
        "status": status,
        "rows_failed": int(failed) if failed not in (None, "") else None,
        "owner": about.get("owner"),
        "capability": ",".join(about.get("capability", [])),
        "checked_at": now.replace(tzinfo=None),
    }
