"""The same work as the `daily` job by one plain script: DuckDB, scikit-learn and nothing that orchestrates.

    python tests/bench/hand_written.py HOME AS_OF

From the files in HOME/inbox up to AS_OF: raw tables with provenance, gzip verified to the last byte, rows in =
rows loaded + bad rows; the same checks as the suites; the same marts, features, segments, churn model, scores and
list, in HOME/hand.duckdb. A second call with a later date loads the new files only and updates what they touch.

The estimators are those of `ml/`: both sides fit the same models, so the comparison is about everything around them.
What the job has beyond this is its overhead: a release that readers never see half written, a report, Data Docs,
the event log of the UI, quarantine and holds, restatement of any past day, documentation and contracts.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

os.environ |= {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import duckdb
import hand_checks

HERE: Final = Path(__file__).resolve().parent
SEED_FOLDER: Final = HERE.parents[1] / "dbt" / "seeds"
START_ON: Final = date(2017, 1, 1)
HORIZON_DAYS: Final = 56
SEED: Final = 20170101
THREADS: Final = 2
SECOND_SCAN_BYTES: Final = 8_000_000  # below it, a second scan thread costs more than it brings
BAD_ROW_SHARE: Final = 0.01

AUDIT: Final = "_load_id varchar, _source_file varchar, _row_number bigint, _business_on date, _loaded_at timestamp"
#: System, extract, suffix of the files, columns.
EXTRACTS: Final = (
    ("pos", "transactions", "csv.gz", {
        "household_id": "bigint", "store_id": "integer", "basket_id": "bigint", "product_id": "bigint",
        "quantity": "integer", "sales_value": "decimal(12,2)", "retail_disc": "decimal(12,2)",
        "coupon_disc": "decimal(12,2)", "coupon_match_disc": "decimal(12,2)", "week": "smallint",
        "trading_date": "date", "transaction_timestamp": "timestamp",
    }),
    ("product", "products", "csv", {
        "product_id": "bigint", "manufacturer_id": "integer", "department": "varchar", "brand": "varchar",
        "product_category": "varchar", "product_type": "varchar", "package_size": "varchar",
    }),
    ("crm", "demographics", "csv", {
        "household_id": "bigint", "age": "varchar", "income": "varchar", "home_ownership": "varchar",
        "marital_status": "varchar", "household_size": "varchar", "household_comp": "varchar", "kids_count": "varchar",
    }),
    ("campaign", "campaigns", "csv", {
        "campaign_id": "integer", "campaign_type": "varchar", "start_date": "date", "end_date": "date",
    }),
    ("campaign", "campaign_households", "csv", {"campaign_id": "integer", "household_id": "bigint"}),
    ("campaign", "coupons", "csv", {"coupon_upc": "bigint", "product_id": "bigint", "campaign_id": "integer"}),
    ("loyalty", "coupon_redemptions", "jsonl", {
        "household_id": "bigint", "coupon_upc": "bigint", "campaign_id": "integer", "redemption_date": "date",
    }),
    ("merchandising", "promotions", "parquet", {
        "product_id": "bigint", "store_id": "integer", "display_location": "varchar", "mailer_location": "varchar",
        "week": "smallint",
    }),
)  # fmt: skip

#: Tables that grow; all others are rewritten as a whole.
TABLES: Final = """
    create schema raw; create schema ops; create schema marts; create schema ml; create schema activation;
    create table ops.loads (load_id varchar, system varchar, extract varchar, file varchar, sha256 varchar,
        business_on date, version integer, rows_in bigint, rows_loaded bigint, rows_bad bigint, loaded_at timestamp);
    create table ops.bad_rows (load_id varchar, row_number bigint, error varchar, line varchar);
    create table ops.checks (as_of_on date, rule varchar, rows_failed bigint);
    create table marts.fct_order_lines (source_system varchar, order_id varchar, product_id varchar,
        customer_id bigint, store_id varchar, quantity bigint, sales_amount decimal(12,2),
        retail_discount_amount decimal(12,2), coupon_discount_amount decimal(12,2),
        coupon_match_discount_amount decimal(12,2), is_product_known boolean, ordered_on date, ordered_at timestamp,
        business_on date, load_id varchar);
    create table marts.fct_orders (source_system varchar, order_id varchar, customer_id bigint, store_id varchar,
        line_count bigint, unit_count bigint, sales_amount decimal(18,2), discount_amount decimal(18,2),
        coupon_discount_amount decimal(18,2), ordered_on date, ordered_at timestamp, business_on date,
        load_id varchar);
    create table marts.fct_customer_months (customer_id bigint, month_on date, order_count bigint, line_count bigint,
        unit_count bigint, active_days bigint, sales_amount decimal(18,2), discount_amount decimal(18,2));
    create table ml.customer_features (customer_id bigint, cutoff_on date, recency_days bigint, tenure_days bigint,
        orders_28d bigint, orders_56d bigint, orders_91d bigint, orders_182d bigint, sales_28d double,
        sales_56d double, sales_91d double, sales_182d double, units_91d bigint, active_days_91d bigint,
        mean_gap_days double, gap_ratio double, orders_change bigint, sales_change double,
        discount_share_91d double, coupon_share_91d double, stores_91d bigint, basket_sales_91d double,
        campaigns_91d bigint, redemptions_91d bigint,
        refusals_182d bigint, lines bigint, plans bigint, monthly_fee double, line_tenure_days bigint,
        contract_days_left bigint, lines_out_of_term bigint, plan_changes_182d bigint, lines_ended_91d bigint,
        call_seconds_28d bigint, call_seconds_91d bigint, call_seconds_change bigint, off_net_share_91d double,
        messages_91d bigint, data_bytes_28d bigint, data_bytes_91d bigint, data_bytes_change bigint,
        roaming_events_91d bigint, usage_charge_91d double, usage_days_28d bigint, usage_days_91d bigint,
        usage_recency_days bigint, bills_91d bigint, billed_91d double, billed_change double,
        credit_notes_182d bigint, overdue_bills bigint, overdue_amount double, late_payments_182d bigint,
        days_to_pay_182d double, contacts_in_28d bigint, contacts_in_91d bigint, contacts_out_91d bigint,
        complaints_91d bigint, complaints_182d bigint, complaint_recency_days bigint, open_cases bigint,
        satisfaction_182d double, web_events_28d bigint, web_events_91d bigint, web_days_28d bigint,
        web_days_91d bigint, failed_logins_28d bigint, web_recency_days bigint);
    create table ml.order_features (customer_id bigint, cutoff_on date, first_on date, last_on date,
        orders_28d bigint, orders_56d bigint, orders_91d bigint, orders_182d bigint, sales_28d decimal(18,2),
        sales_56d decimal(18,2), sales_91d decimal(18,2), sales_182d decimal(18,2), discounts_91d decimal(18,2),
        units_91d bigint, coupon_orders_91d bigint, active_days_91d bigint, stores_91d bigint,
        mean_gap_days double, newest_on date);
    create table ml.churn_labels (customer_id bigint, cutoff_on date, label_opens_on date, label_closes_on date,
        next_order_on date, is_active boolean, is_churned boolean);
"""

#: Stewards' tables that the script reads, and their columns that are not text.
SEEDS: Final = (
    "behaviour_rules", "churn_actions", "churn_reasons", "lifecycle_rules", "rfm_segments", "segment_names",
)  # fmt: skip
SEED_TYPES: Final = {
    "priority": "bigint", "from_days": "bigint", "until_days": "bigint", "is_allowed": "boolean",
    "threshold": "double", "recency_from": "bigint", "recency_to": "bigint", "frequency_from": "bigint",
    "frequency_to": "bigint", "monetary_from": "bigint", "monetary_to": "bigint",
}  # fmt: skip

#: What each subject needs, and who delivers it.
ENTITIES: Final = {
    "campaign_contacts": ("campaign", "campaign_households"), "campaign_responses": ("loyalty", "coupon_redemptions"),
    "campaigns": ("campaign", "campaigns"), "coupons": ("campaign", "coupons"), "customers": ("crm", "demographics"),
    "order_lines": ("pos", "transactions"), "products": ("product", "products"),
    **dict.fromkeys(
        ("accounts", "agents", "competitor_observations", "consents", "cost_rates", "feedback", "grids",
         "interactions", "invoice_lines", "invoices", "market_indicators", "media_interactions", "org_units",
         "payments", "plan_rates", "privacy_requests", "subscriptions", "surveys", "usage_events", "web_events"),
        (None, None),
    ),
}  # fmt: skip

CHURN_LIST: Final = """
    create or replace table activation.act_churn_list as
    select
        score.as_of_on, list_rank, customer_id, segment_name, churn_probability, value_at_risk_amount,
        first.reason_text as reason_1_text, second.reason_text as reason_2_text, third.reason_text as reason_3_text,
        suggested_action, recency_days, sales_182d
    from (
        select
            score.*, recency_days, sales_182d, (churn_probability * sales_182d)::decimal(18, 2) as value_at_risk_amount,
            row_number() over (order by value_at_risk_amount desc nulls last, customer_id) as list_rank
        from ml.churn_scores as score
        inner join ml.customer_features as feature using (customer_id)
        where feature.cutoff_on = getvariable('as_of')
        qualify list_rank <= 500
    ) as score
    left join ml.customer_segments using (customer_id)
    left join marts.churn_reasons as first on first.reason_code = coalesce(reason_1, 'none')
    left join marts.churn_reasons as second on second.reason_code = reason_2
    left join marts.churn_reasons as third on third.reason_code = reason_3
    left join marts.churn_actions as action on action.reason_code = coalesce(reason_1, 'none')
"""


@dataclass(frozen=True)
class File:
    """A verified file: where, of which day, its hash and its lines of data."""

    path: Path
    business_on: date
    sha256: str
    lines: int
    load_id: str = ""
    version: int = 1


# ---- load -------------------------------------------------------------------------------------------------------


def load(con: duckdb.DuckDBPyConnection, inbox: Path, as_of: date) -> None:
    """Load every new file; temp table new_loads names them."""
    known = con.execute("select file, sha256, extract, business_on from ops.loads").fetchall()
    names, hashes = {row[0] for row in known}, {row[1] for row in known}
    con.execute("begin")
    con.execute("create or replace temp table new_loads as select * from ops.loads limit 0")
    for system, extract, suffix, columns in EXTRACTS:
        name = re.compile(rf"{extract}_\d{{4}}-\d\d-\d\d\.{suffix}")
        waiting = [file for file in sorted((inbox / system).glob("*")) if name.fullmatch(file.name)]
        due = [file for file in waiting if file.name not in names and day_of(file) <= as_of]
        with ThreadPoolExecutor(THREADS) as pool:
            files = list(pool.map(verify, due))
        versions = Counter(day for _, _, of_extract, day in known if of_extract == extract)
        files = [number(file, system, extract, versions) for file in files if file.sha256 not in hashes]
        if files:
            load_files(con, system, extract, suffix, columns, files)
    con.execute("insert into ops.loads from new_loads")
    con.execute("commit")


def verify(path: Path) -> File:
    """Read a file to its end: hash, lines, and whether the gzip stream is whole."""
    digest, lines, last = hashlib.sha256(), 0, b"\n"
    unzip = zlib.decompressobj(31) if path.suffix == ".gz" else None
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            text = unzip.decompress(chunk) if unzip else chunk
            lines, last = lines + text.count(b"\n"), text[-1:] or last
    if unzip and not unzip.eof:
        raise SystemExit(f"{path.name}: the gzip stream was cut")
    header = 0 if path.suffix == ".jsonl" else 1
    return File(path, day_of(path), digest.hexdigest(), lines + (last != b"\n") - header)


def day_of(path: Path) -> date:
    return date.fromisoformat(path.name.split(".")[0][-10:])


def number(file: File, system: str, extract: str, versions: Counter[date]) -> File:
    version = versions[file.business_on] + 1
    key = f"{system}|{extract}|{file.business_on}|{version}|{file.sha256}"
    load_id = hashlib.sha256(key.encode()).hexdigest()[:16]
    return File(file.path, file.business_on, file.sha256, file.lines, load_id, version)


def load_files(
    con: duckdb.DuckDBPyConnection, system: str, extract: str, suffix: str, columns: dict[str, str], files: list[File]
) -> None:
    """Load the files of one extract; a newer file of the same day replaces the older one."""
    table = f"raw.{system}__{extract}"
    days = [file.business_on for file in files]
    bad: dict[str, int] = {}
    for _ in range(2):
        con.execute(f"delete from {table} where list_contains($days, _business_on)", {"days": days})
        insert(con, table, suffix, columns, files, bad)
        found = rejected(con) if suffix.startswith("csv") else {}
        if found == bad:
            break
        bad = found  # number the rows again, without the bad ones
    loaded = dict(con.execute(
        f"select _load_id, count(*) from {table} where list_contains($days, _business_on) group by 1", {"days": days}
    ).fetchall())  # fmt: skip
    for file in files:
        rows, rows_bad = loaded.get(file.load_id, 0), bad.get(str(file.path), 0)
        if (suffix != "parquet" and file.lines != rows + rows_bad) or rows_bad > BAD_ROW_SHARE * file.lines:
            raise SystemExit(f"{file.path.name}: {file.lines} rows in, {rows} loaded, {rows_bad} bad")
    con.execute(
        """
        insert into new_loads
        select unnest($ids), $system, $extract, unnest($files), unnest($hashes), unnest($days), unnest($versions),
            unnest($rows_in), unnest($rows), unnest($bad), $now
        """,
        {
            "ids": [file.load_id for file in files], "system": system, "extract": extract,
            "files": [file.path.name for file in files], "hashes": [file.sha256 for file in files], "days": days,
            "versions": [file.version for file in files],
            "rows": [loaded.get(file.load_id, 0) for file in files],
            "rows_in": [loaded.get(file.load_id, 0) + bad.get(str(file.path), 0) for file in files],
            "bad": [bad.get(str(file.path), 0) for file in files], "now": now(),
        },
    )  # fmt: skip


def insert(
    con: duckdb.DuckDBPyConnection, table: str, suffix: str, columns: dict[str, str], files: list[File],
    bad: dict[str, int],
) -> None:  # fmt: skip
    """One statement, two scans side by side. A scan with a window runs in file order, so it can number the rows:
    its running number less the rows of the files before."""
    con.execute("drop table if exists temp.reject_errors; drop table if exists temp.reject_scans")
    large = sum(file.path.stat().st_size for file in files) > SECOND_SCAN_BYTES
    parts = [files[: len(files) // 2], files[len(files) // 2 :]] if large and len(files) > 1 else [files]
    rows, scans, values = [], [], {"now": now(), "columns": columns}
    for part, members in enumerate(parts):
        before = 0
        for position, file in enumerate(members):
            rows.append((part, position, file.load_id, file.path.name, file.business_on, before))
            before += file.lines - bad.get(str(file.path), 0)
        values[f"files_{part}"] = [str(file.path) for file in members]
        scans.append(f"""
            select rows.* exclude (file_at, row_at), load_id, file, {row_number(suffix)}, business_on, $now::timestamp
            from (select *, {positions(suffix)} from {reader(suffix, f"$files_{part}")}) as rows
            inner join incoming on position = file_at and part = {part}""")
    con.execute("create or replace temp table incoming (part int, position int, load_id varchar, file varchar, "
                "business_on date, before bigint)")  # fmt: skip
    con.executemany("insert into incoming values (?, ?, ?, ?, ?, ?)", rows)
    if suffix == "parquet":
        del values["columns"]
    con.execute(f"insert into {table} {' union all '.join(scans)}", values)


def reader(suffix: str, files: str) -> str:
    if suffix == "parquet":
        return f"read_parquet({files})"
    if suffix == "jsonl":
        return f"read_json({files}, format = 'newline_delimited', columns = $columns)"
    return f"read_csv({files}, auto_detect = false, header = true, columns = $columns, store_rejects = true)"


def positions(suffix: str) -> str:
    row_at = "file_row_number + 1" if suffix == "parquet" else "row_number() over ()"
    return f"file_index as file_at, {row_at} as row_at"


def row_number(suffix: str) -> str:
    return "row_at" if suffix == "parquet" else "row_at - before"


def rejected(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Bad rows by file; they are kept in ops.bad_rows."""
    con.execute("delete from ops.bad_rows where load_id in (select load_id from incoming)")
    con.execute("""
        insert into ops.bad_rows
        select load_id, line - 1, any_value(error_message), any_value(csv_line)
        from reject_errors inner join reject_scans using (scan_id, file_id)
        inner join incoming on ends_with(file_path, '/' || file) group by load_id, line""")
    return dict(con.execute("""
        select file_path, count(distinct line) from reject_errors inner join reject_scans using (scan_id, file_id)
        group by 1""").fetchall())  # fmt: skip


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


# ---- models -----------------------------------------------------------------------------------------------------


def segment(con: duckdb.DuckDBPyConnection, home: Path, as_of: date) -> None:
    """Fit on the last cut-off of the grid, assign today's customers."""
    from ml import segmentation

    snapshot = "select * from ml.customer_features where cutoff_on = ? order by customer_id"
    [(cutoff,)] = con.execute(
        "select coalesce(max(cutoff_on), $day) from ml.customer_features where cutoff_on < $day", {"day": as_of}
    ).fetchall()
    stored = stored_model(home / "segments")
    previous = segmentation.load_model(*stored) if stored else None
    rules = table(con, "select * from marts.behaviour_rules order by priority, feature")
    model = segmentation.fit(
        table(con, snapshot, [cutoff]), as_of=cutoff, behaviour_rules=rules, seed=SEED, previous=previous
    )
    if model is not previous:
        store_model(home / "segments", segmentation.dump_model(model), {"fingerprint": model.fingerprint})
    names = table(con, "select * from marts.segment_names order by priority")
    segments, profiles = segmentation.assign(model, table(con, snapshot, [as_of]), names, as_of)
    write(con, customer_segments=segments, segment_profiles=profiles)


def churn_model(con: duckdb.DuckDBPyConnection, home: Path, as_of: date) -> None:
    """Fit when an outcome is new, score the active customers."""
    from ml import churn
    from ml.schemas import CHURN_FEATURES

    features = ", ".join(feature.name for feature in CHURN_FEATURES)
    known = "is_active and is_churned is not null order by cutoff_on, customer_id"
    joined = f"""
        select customer_id, cutoff_on, {features}
        from ml.customer_features inner join ml.churn_labels using (customer_id, cutoff_on)"""
    data = churn.prepare(
        table(con, f"{joined} where {known}"),
        table(con, f"select customer_id, cutoff_on, is_active, is_churned from ml.churn_labels where {known}"),
        as_of=as_of, horizon_days=HORIZON_DAYS, seed=SEED, max_rows=200_000,
    )  # fmt: skip
    card = read_card(home / "churn")
    if card.get("fingerprint") != data.fingerprint:
        fitted = churn.fit_prepared(data)
        if fitted.model is None:
            raise SystemExit(fitted.reason)
        card = {"fingerprint": data.fingerprint, "model_id": fitted.model_id}
        store_model(home / "churn", churn.dump_model(fitted.model), card)
        write(con, churn_evaluation=fitted.evaluation, churn_calibration=fitted.calibration, churn_lift=fitted.lift)
    model = churn.load_model(*stored_model(home / "churn"))
    active = table(con, f"{joined} where cutoff_on = ? and is_active order by customer_id", [as_of])
    write(con, churn_scores=churn.score(model, active, as_of, card["model_id"]))


def write(con: duckdb.DuckDBPyConnection, **tables: object) -> None:
    for name, rows in tables.items():
        con.register("model_rows", rows)
        con.execute(f"create or replace table ml.{name} as from model_rows")
        con.unregister("model_rows")


def table(con: duckdb.DuckDBPyConnection, query: str, values: Sequence[object] = ()) -> object:
    return con.sql(query, params=values).to_arrow_table()


def store_model(path: Path, content: bytes, card: dict[str, str]) -> None:
    path.with_suffix(".skops").write_bytes(content)
    path.with_suffix(".json").write_text(json.dumps({**card, "sha256": hashlib.sha256(content).hexdigest()}))


def read_card(path: Path) -> dict[str, str]:
    card = path.with_suffix(".json")
    return json.loads(card.read_text()) if card.exists() else {}


def stored_model(path: Path) -> tuple[bytes, str] | None:
    card = read_card(path)
    return (path.with_suffix(".skops").read_bytes(), card["sha256"]) if card else None


# ---- all of it --------------------------------------------------------------------------------------------------


def main() -> None:
    home, as_of = Path(sys.argv[1]), date.fromisoformat(sys.argv[2])
    seconds: dict[str, float] = {}
    # Same limits as the job.
    config = {"threads": THREADS, "memory_limit": "2GB", "preserve_insertion_order": False}
    con = duckdb.connect(str(home / "hand.duckdb"), config=config)
    found: dict[str, int] = {}
    with timed(seconds, "load"):
        prepare(con)
        load(con, home / "inbox", as_of)
        set_variables(con, as_of)
    with timed(seconds, "checks"):
        found |= hand_checks.run(con, "raw")
    with timed(seconds, "marts"):
        stewards_tables(con)
        con.execute((HERE / "hand_marts.sql").read_text())
    with timed(seconds, "checks"):
        found |= hand_checks.run(con, "marts")
    with timed(seconds, "models"):
        segment(con, home, as_of)
        churn_model(con, home, as_of)
    with timed(seconds, "checks"):
        found |= hand_checks.run(con, "ml")
    with timed(seconds, "list"):
        con.execute(CHURN_LIST)
        con.execute(f"copy (from activation.act_churn_list order by list_rank) to '{home / 'churn_list.csv'}'")
        con.execute("insert into ops.checks select $day, unnest($rules), unnest($rows)",
                    {"day": as_of, "rules": list(found), "rows": list(found.values())})  # fmt: skip
        con.close()
    json.dump({"parts": seconds}, sys.stdout)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """On the first call: the tables that grow."""
    if con.execute("select 1 from duckdb_tables() where schema_name = 'ops'").fetchone():
        return
    con.execute(TABLES)
    for system, extract, _, columns in EXTRACTS:
        names = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        con.execute(f"create table raw.{system}__{extract} ({names}, {AUDIT})")


def set_variables(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    [(last, first_new)] = con.execute("""
        select (select max(as_of_on) from ops.checks), (select min(business_on) from new_loads)""").fetchall()
    # Every day from the last run on is new, also one without a file.
    changed_from = min(first_new or as_of, date.fromordinal(last.toordinal() + 1)) if last else START_ON
    for name, value in (("as_of", as_of), ("start_on", START_ON), ("changed_from", changed_from)):
        con.execute(f"set variable {name} = date '{value}'")


def stewards_tables(con: duckdb.DuckDBPyConnection) -> None:
    for path in (SEED_FOLDER / f"{name}.csv" for name in SEEDS):
        header = path.open(encoding="utf-8").readline().strip().split(",")
        con.execute(
            f"create or replace table marts.{path.stem} as from read_csv($path, header = true, columns = $columns)",
            {"path": str(path), "columns": {name: SEED_TYPES.get(name, "varchar") for name in header}},
        )
    rows = [(entity, system, extract) for entity, (system, extract) in ENTITIES.items()]
    con.execute("create or replace temp table entities (entity varchar, system varchar, extract varchar)")
    con.executemany("insert into entities values (?, ?, ?)", rows)


@contextmanager
def timed(seconds: dict[str, float], part: str) -> Iterator[None]:
    def cpu() -> float:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    before = cpu()
    yield
    seconds[part] = seconds.get(part, 0.0) + cpu() - before


if __name__ == "__main__":
    main()
