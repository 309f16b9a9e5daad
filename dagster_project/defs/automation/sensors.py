"""Sensors: a new file in the inbox starts a run; a failed run is written down and, if wished, posted."""

# No `from __future__ import annotations` here: Dagster reads the annotations of a sensor as objects.
import hashlib
import json
from datetime import UTC, datetime
from urllib.request import Request, urlopen

import dagster as dg

from dagster_project.defs.automation.jobs import daily
from dagster_project.errors import WarehouseBusyError
from dagster_project.extract import latest_business_date, load_contracts
from dagster_project.extract.intake import deliveries
from dagster_project.settings import Settings
from dagster_project.warehouse import connect


@dg.sensor(
    job=daily,
    name="inbox",
    minimum_interval_seconds=60,
    description="Starts `daily` for the latest business date when the inbox holds a complete file that was not there "
    "at the last look. Off until switched on.",
)
def inbox(context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]) -> dg.RunRequest | dg.SkipReason:
    contracts = load_contracts(settings)
    waiting = [
        (delivery.system, delivery.file, delivery.bytes, delivery.modified_ns)
        for contract in contracts.values()
        for delivery in deliveries(settings, contract, now=datetime.now(UTC))
    ]
    seen = hashlib.sha256(repr(sorted(waiting)).encode()).hexdigest()
    if not waiting or seen == context.cursor:
        return dg.SkipReason("Nothing new in the inbox.")
    try:
        with connect(settings, read_only=True) as con:
            as_of = latest_business_date(con, settings, contracts)
    except WarehouseBusyError:
        return dg.SkipReason("The warehouse is being written; the inbox is looked at again after that.")
    context.update_cursor(seen)
    return dg.RunRequest(run_key=seen, partition_key=f"{as_of}")


@dg.run_failure_sensor(
    name="run_failure_alert",
    description="Appends each failed run to `alerts.jsonl`; posts it to TENURE_ALERT_WEBHOOK where that is set.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def run_failure_alert(context: dg.RunFailureSensorContext, settings: dg.ResourceParam[Settings]) -> None:
    run = context.dagster_run
    alert = {
        "run_id": run.run_id,
        "job": run.job_name,
        "as_of": run.tags.get("dagster/partition"),
        "message": context.failure_event.message,
    }
    line = json.dumps(alert, ensure_ascii=False)
    with settings.alerts_file.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    if settings.alert_webhook is not None:
        address = settings.alert_webhook.get_secret_value()
        request = Request(address, data=line.encode(), headers={"Content-Type": "application/json"})
        with urlopen(request, timeout=10) as answer:
            context.log.info(f"Alert posted: {answer.status}")
