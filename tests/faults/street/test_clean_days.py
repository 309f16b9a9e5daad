"""Thirty days of the simulated operator, loaded and checked day by day, raise no false alarm."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import duckdb

from dagster_project.demo.telecom.delivery import write_telecom_inbox
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.extract import load_contracts, load_extracts, prepare, unchecked_loads
from dagster_project.quality import load_suites
from dagster_project.quality.runner import run_suites
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.faults.conftest import Tell

DAYS = 30
OPTIONS = TelecomOptions(customers=500, months=4)
#: A true alarm: machines that guess passwords are planted, and at so few customers they are much of the traffic.
GUESSERS = ("raw.web__events", "web_failed_log_ins_rare")


def test_thirty_clean_days_raise_no_false_alarm(tmp_path: Path, tell: Tell) -> None:
    settings = Settings(home=tmp_path / "home", pack="telecom", start_on=OPTIONS.start_on)
    write_telecom_inbox(settings, OPTIONS)
    contracts = load_contracts(settings)
    suites = [suite for suite in load_suites(settings) if suite.schema_name == "raw"]
    alarms, checks = set(), 0
    for back in range(DAYS, -1, -1):
        as_of = OPTIONS.as_of - timedelta(days=back)
        now, run_id = datetime.combine(as_of + timedelta(days=1), time(5), UTC), as_of.isoformat()
        with connect(settings) as con:
            prepare(con, settings, contracts)
            for contract in contracts.values():
                load_extracts(con, settings, contract, as_of=as_of, now=now, run_id=run_id)
            new = {suite.name: list(unchecked_loads(con, *suite.table.split("__", 1))) for suite in suites}
        results = run_suites(settings, suites, run_id=run_id, as_of=as_of, now=now, load_ids=new)
        checks += len(results)
        alarms |= {(result.asset, result.check_id) for result in results if result.status != "passed"}
    with connect(settings, read_only=True) as con:
        [(days, set_aside, bad_rows)] = con.execute(
            "select count(distinct business_on) filter (business_on > $1),"
            " count_if(status not in ('loaded', 'superseded')), sum(rows_quarantined) from ops.loads",
            [OPTIONS.as_of - timedelta(days=DAYS)],
        ).fetchall()
    guessers = duckdb.execute(
        "select count_if(bot_kind = 'login_guesser') from read_parquet($1)",
        [str(settings.truth / "web_visits.parquet")],
    ).fetchall()
    tell(f"{days} clean days of the operator: {checks:,} checks, alarms: {sorted(alarms)}")
    assert (days, set_aside, bad_rows) == (DAYS, 0, 0)
    assert guessers[0][0] > 0
    assert alarms <= {GUESSERS}
