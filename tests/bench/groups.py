"""How fast a group of customers is found by its tags, and a timeline by its customer, in a published file.

    python tests/bench/groups.py [--customers 1000000] [--tags 200] [--questions 200]

Simulated: tags and events are drawn at random, laid out by the `order by` of the models. What is asked goes through
the parser and the reader of `tenure query-group`, each question on a connection of its own, as at the command line.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import duckdb

from dagster_project.publish.groups import Vocabulary, group_sql
from dagster_project.publish.query import run_query
from dagster_project.settings import Settings
from dagster_project.warehouse import engine_config

GROUP_SECONDS: Final = 1.0
TIMELINE_SECONDS: Final = 0.2
#: Events of a customer: eighteen months of four kinds of use, a bill and a payment each, and some more.
EVENTS_A_CUSTOMER: Final = 100
_MODELS: Final = Settings().dbt_project / "models" / "marts"


def layout(model: str) -> str:
    """The last `order by` of a model: how its rows lie."""
    [(columns)] = re.findall(r"^order by (.+)$", next(_MODELS.rglob(f"{model}.sql")).read_text("utf-8"), re.MULTILINE)
    return re.sub(r"\w+\.", "", columns)


def fill(settings: Settings, customers: int, tags: int) -> None:
    """A published file with the columns that are asked for."""
    for path in (settings.release_file, settings.spill):
        path.parent.mkdir(parents=True, exist_ok=True)
    # As a build is written.
    config = engine_config(settings) | {"preserve_insertion_order": False}
    with duckdb.connect(str(settings.release_file), config=config) as con:
        for schema in ("marts", "ml", "activation", "ops"):
            con.execute(f"create schema {schema}")
        con.execute(
            f"""
            create table marts.customer_360 as
            select id::bigint as customer_id, (hash(id, 'fee') % 300)::decimal(18, 2) as monthly_fee_amount,
                ['19-24', '25-34', '35-44', '45-54', '55-64', '65+'][(1 + hash(id, 'age') % 6)::integer] as age_band,
                case when hash(id, 'complaint') % 10 = 0 then hash(id) % 4 end::bigint as complaint_count_91d
            from range({customers}) as customers (id)
            """
        )
        # The n-th tag is on one customer in 2 to 40; a third of what was ever given has expired.
        con.execute(
            f"""
            create table marts.customer_tags as
            select id::bigint as customer_id, printf('tag_%03d', n) as tag, null::varchar as tag_value, 'sql' as source,
                'rule' as rule_id, 1::bigint as rule_version, 1::bigint as evidence_count, 1.0::double as confidence,
                hash(id, n, 'current') % 3 > 0 as is_current, date '2026-01-01' as from_on, null::date as to_on
            from range({customers}) as customers (id), range({tags}) as tags (n)
            where hash(id, n) % (2 + n % 39) = 0
            order by {layout("customer_tags")}
            """
        )
        con.execute(
            f"""
            create table marts.customer_timeline as
            select (hash(i) % {customers})::bigint as customer_id,
                ['usage_month', 'invoice', 'payment', 'call', 'web_visit'][(1 + i % 5)::integer] as event_type,
                null::varchar as channel, 'detail ' || i % 50 as detail, 'billing' as source_system,
                i::varchar as event_key, 1::bigint as event_count, (i % 100)::decimal(18, 2) as amount,
                false as is_timed, date '2025-01-01' + (hash(i, 'day') % 540)::integer as occurred_on,
                (date '2025-01-01' + (hash(i, 'day') % 540)::integer)::timestamp as occurred_at
            from range({customers * EVENTS_A_CUSTOMER}::bigint) as events (i)
            order by {layout("customer_timeline")}
            """
        )


def question(rng: random.Random, tags: Sequence[str], depth: int = 0) -> str:
    """A random expression of one to about eight terms."""
    draw = rng.random()
    if depth == 3 or (depth and draw < 0.4):
        term = rng.choice(
            [f"tag:{rng.choice(tags)}"] * 6
            + [f"age_band >= {rng.choice(['25-34', '45-54', '65+'])}", f"monthly_fee_amount > {rng.randrange(300)}"]
        )
        return f"not {term}" if rng.random() < 0.3 else term
    operator = " and " if rng.random() < 0.6 else " or "
    return "(" + operator.join(question(rng, tags, depth + 1) for _ in range(rng.choice([2, 2, 3]))) + ")"


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentile(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--tags", type=int, default=200)
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    rng = random.Random(20260630)
    tags = [f"tag_{n:03d}" for n in range(options.tags)]
    bands = ("19-24", "25-34", "35-44", "45-54", "55-64", "65+")
    words = Vocabulary(tags, {"age_band": "VARCHAR", "monthly_fee_amount": "DECIMAL(18,2)"}, {"age_band": bands})
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home", memory_limit="4GB")
        took = seconds(lambda: fill(settings, options.customers, options.tags))
        rows = run_query(settings, "select count(*) from marts.customer_tags").rows[0][0]
        print(f"{options.customers:,} customers, {rows:,} tags, {options.customers * EVENTS_A_CUSTOMER:,} events,")
        print(f"{settings.release_file.stat().st_size / 1e9:.2f} GB, simulated, written in {took:.0f} s")
        counting = [f"select count(*) from ({group_sql(question(rng, tags), words)})" for _ in range(options.questions)]
        groups = [seconds(lambda sql=sql: run_query(settings, sql)) for sql in counting]
        one = "select * from marts.customer_timeline where customer_id = {} order by occurred_at, event_type, event_key"
        lines = [seconds(lambda: run_query(settings, one.format(rng.randrange(options.customers)))) for _ in range(100)]
    failed = 0
    for name, times, most in (("group", groups, GROUP_SECONDS), ("timeline", lines, TIMELINE_SECONDS)):
        p95 = percentile(times, 0.95)
        failed += p95 > most
        print(
            f"{name:9} n={len(times)} median {statistics.median(times):.3f} s, p95 {p95:.3f} s, "
            f"longest {max(times):.3f} s; p95 may be {most} s"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
