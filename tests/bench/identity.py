"""Identity resolution beside Splink alone on the same records with the same blocking: time, memory, and one more day.

    make bench-identity                                    # 1 million source records
    python tests/bench/identity.py --records 10000000      # ten times as many; needs 30 GB of disk and an hour

Records are made up: people with families, second records with the operator's kinds of typos, enquiries and logins.
Each part runs in a process of its own, so that CPU and peak memory are its own:

    splink   records to pairs to clusters with Splink's own functions, nothing kept
    full     records to permanent ids: rules, Splink, clusters, ids, history, crosswalk, all committed
    day      the next business date with one new record in a thousand
    quiet    the same date again: nothing is new
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from dagster_project.extract import load_contracts, prepare
from dagster_project.identity import changing, model, resolve, weighing
from dagster_project.settings import Settings
from dagster_project.transform import open_session
from dagster_project.transform.results import failures
from dagster_project.warehouse import connect
from ml.identity import pair_quality, wilson_interval

AS_OF: Final = date(2026, 6, 30)
#: Highest CPU of a day, as a share of that of a full resolution.
DAY_AIM: Final = 0.05
NEW_SHARE: Final = 0.001
#: The day is short, so it is run several times from the same home.
DAY_RUNS: Final = 5
PARTS: Final = ("splink", "full", "day", "quiet")
#: Of 100 records: 68 people with one record, 2 second ones, 5 enquiries, 25 logins. `u(k)` is a number in [0, 1).
_RECORDS: Final = """
    create or replace table lake.intermediate.bench_records as
    with people as (
        select n as person, (n * 10 // 23) as household,
            chr(19968 + (42 * pow(u(n * 10 // 23, 'surname'), 1.8))::int) as surname,
            chr(20068 + floor(53 * u(n, 'given'))::int) || case when u(n, 'second') < 0.78
                then chr(20068 + floor(53 * u(n, 'second given'))::int) else '' end as given,
            date '1946-01-01' + floor(u(n, 'born') * 22000)::int as born_on, u(n, 'sex') < 0.5 as is_man,
            date '2016-01-01' + floor(u(n, 'joined') * 3830)::int as joined_on, u(n, 'typo') as u_typo
        from range($first, $last) as t(n)
    ),
    told as (
        select *, (1000 + household % 300)::varchar as area, surname || given as full_name,
            case when is_man then 'm' else 'f' end as gender,
            '99' || area || strftime(born_on, '%Y%m%d') || lpad((hash(person) % 1000)::varchar, 3, '0') || 'Z'
                as id_number
        from people
    ),
    cards as (
        select person, 1 as nth, * exclude (person) from told
        union all
        select person, 2, * exclude (person) replace (
            case when u_typo < 0.4 then surname || chr(20168 + (person % 53)::int) else full_name end as full_name,
            case when u_typo between 0.4 and 0.8 then left(id_number, 15) || substr(id_number, 17, 1)
                || substr(id_number, 16, 1) || 'Z' else id_number end as id_number,
            joined_on + 200 as joined_on
        )
        from told where u(person, 'two cards') < 0.03
    )
    select 'ibss' as source_system, (10000000000 + 2 * person + nth)::varchar as customer_key,
        'customer' as record_kind, full_name, surname, gender, id_number,
        case when u(person * nth, 'mail') < 0.55 then 'u' || person || '@x.example' end as email,
        null::varchar as login,
        '129' || lpad((person * 2 + nth)::varchar, 8, '0') as phone, area || ' house ' || household as address,
        area as district, null::varchar as merged_into_key, born_on, null::date as enquired_on, joined_on,
        joined_on as registered_on, person
    from cards
    union all
    select 'directory', 'dir:P' || person, 'prospect', case when u(person, 'name') < 0.65 then full_name end, surname,
        case when u(person, 'name') < 0.65 then null else gender end, null, null, null, null, null, area, null, null,
        joined_on - 20, null, joined_on - 20, person
    from told where u(person, 'asked') < 0.07
    union all
    select 'web', 'web:u' || person, 'login', null, null, null, null, null, 'u' || person, null, null, null, null, null,
        null, null, joined_on + 5, person
    from told where u(person, 'login') < 0.37
"""
_U: Final = "create or replace temp macro u(key, salt) as (hash(key, salt) % 1000003) / 1000003.0"
_PEOPLE_A_RECORD: Final = 0.68
_DELIVERED: Final = """
    create or replace table lake.intermediate.int_records_prepared as
    with delivered as (
        select * exclude (person) from lake.intermediate.bench_records where registered_on <= date '{}'
    )
    select delivered.*, hash(delivered) as content_hash from delivered
"""


def make_home(folder: Path, records: int, config: dict[str, Any]) -> Settings:
    """A home whose records are made up: rules are the project's own, compiled over them."""
    settings = Settings(home=folder / "home", pack="telecom", **config)
    with connect(settings) as con:
        prepare(con, settings, load_contracts(settings))
    gate = "fqn:tenure.staging fqn:tenure.conformed fqn:tenure.intermediate.records identity_exclusions"
    exclude = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    wrong = failures(open_session(settings).build(["--select", *gate.split(), *exclude], as_of=AS_OF))
    if wrong:
        raise SystemExit(f"dbt: {wrong}")
    people = int(records * _PEOPLE_A_RECORD)
    with connect(settings) as con:
        con.execute(_U)
        con.execute(_RECORDS, {"first": 0, "last": people})
        con.execute(_DELIVERED.format(AS_OF))
    return settings


def hold_back(settings: Settings) -> None:
    """Leave one record in a thousand to the next date."""
    with connect(settings) as con:
        con.execute(
            "update lake.intermediate.bench_records set registered_on = ? where hash(customer_key) % 1000003 < ?",
            [AS_OF + timedelta(days=1), int(1000003 * NEW_SHARE)],
        )
        con.execute(_DELIVERED.format(AS_OF))


def splink_alone(settings: Settings) -> dict[str, Any]:
    """Score and cluster with Splink's own functions; what the records are like is read off the same table."""
    with connect(settings) as con:
        weighing.weigh(con, changing.find_changes(con, AS_OF))
        con.execute(
            f"create table memory.main.alone as select record_no, {', '.join(model.ATTRIBUTES)}, true as is_changed "
            "from temp.scope where record_kind <> 'login'"
        )
        con.execute("use memory")
        from splink import DuckDBAPI, Linker

        [(records,)] = con.execute("select any_value(total) from temp.scope").fetchall()
        linker = Linker(DuckDBAPI(con).register("alone"), model.splink_settings(records), log_level=None)
        pairs = linker.inference.predict(threshold_match_weight=model.REVIEW_WEIGHT)
        linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_weight=model.LINK_WEIGHT)
        return {"pairs": con.execute(f"select count(*) from {pairs.physical_name}").fetchall()[0][0]}


def resolve_at(day: date) -> Callable[[Settings], dict[str, Any]]:
    def part(settings: Settings) -> dict[str, Any]:
        with connect(settings) as con:
            outcome = resolve(con, settings, [], as_of=day)
        return {"records": outcome.records, "moved": outcome.moved, "scored": outcome.scored}

    return part


def measure(part: str, settings: Settings) -> dict[str, Any]:
    """Run one part here; called in a process of its own."""
    next_day = AS_OF + timedelta(days=1)
    work = {
        "splink": splink_alone,
        "full": resolve_at(AS_OF),
        "day": resolve_at(next_day),
        "quiet": resolve_at(next_day),
    }
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    found = work[part](settings)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return found | {
        "cpu": used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
        "wall": time.monotonic() - started,
        "gb": used.ru_maxrss / 2**20,
    }


def truth(settings: Settings) -> str:
    """How many pairs are right, by kind of record."""
    lines = []
    with connect(settings, read_only=True) as con:
        for name, condition in (("customers", "record_kind = 'customer'"), ("all", "true")):
            found = con.execute(
                "select customer_id, person from lake.intermediate.customer_xref "
                "inner join lake.intermediate.bench_records using (source_system, customer_key, record_kind) "
                f"where {condition}"
            ).fetchnumpy()
            pairs = pair_quality(found["customer_id"], found["person"])
            low, _ = wilson_interval(pairs.right, pairs.right + pairs.wrong)
            lines.append(
                f"{name}: precision {pairs.precision:.4f} (from {low:.4f}), recall {pairs.recall:.4f} "
                f"of {pairs.right + pairs.missed:,} pairs"
            )
    return "; ".join(lines)


def in_a_process(part: str, settings: Settings, memory: str) -> dict[str, Any]:
    """Figures of one part, in a process of its own. What was written before is on disk: no part pays for another's."""
    os.sync()
    command = [sys.executable, __file__, "--part", part, "--home", str(settings.home), "--memory", memory]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--memory", default="4GB", help="DuckDB's memory limit in every part")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    config = {"memory_limit": options.memory}
    if options.part:
        settings = Settings(home=options.home, pack="telecom", **config)
        print(json.dumps(measure(options.part, settings)))
        return
    folder = Path(tempfile.mkdtemp(prefix="identity-"))
    try:
        settings = make_home(folder, options.records, config)
        hold_back(settings)
        figures = {}
        for part in PARTS:
            if part == "day":
                with connect(settings) as con:
                    con.execute(_DELIVERED.format(AS_OF + timedelta(days=1)))
                shutil.copytree(settings.home, folder / "before")
            runs = []
            for _ in range(DAY_RUNS if part == "day" else 1):
                if runs:
                    shutil.rmtree(settings.home)
                    shutil.copytree(folder / "before", settings.home)
                runs.append(in_a_process(part, settings, options.memory))
            figures[part] = shown = sorted(runs, key=lambda run: run["cpu"])[len(runs) // 2]
            print(f"{part:8} {shown['cpu']:8.2f} CPU s {shown['wall']:8.1f} s {shown['gb']:6.1f} GB   {shown}")
            if len(runs) > 1:
                print(f"{'':8} the median of {', '.join(format(run['cpu'], '.2f') for run in runs)} CPU s")
        print(f"Simulated truth: {truth(settings)}")
        share = figures["day"]["cpu"] / figures["full"]["cpu"]
        print(
            f"A day with {figures['day']['moved']:,} records that moved: {share:.1%} of the full (aim: {DAY_AIM:.0%})."
        )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
