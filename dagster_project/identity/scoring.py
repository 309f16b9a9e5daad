"""Pairs of records in scope, scored by Splink: the pairs of which at least one record changed.

Splink turns the settings into SQL, which DuckDB runs. The settings are fixed, so the SQL is written once and kept in
`ops.identity_statements`, where anybody can read what weighed a pair. Loading Splink costs more than a day's pairs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import duckdb

from dagster_project.identity import model

#: What Splink reads: records, and how common each name is.
INPUT: Final = """
    create or replace temp table identity_input as
    select record_no, record_kind, full_name, surname, gender,
        case when not is_document_shared then id_number end as id_number,
        case when not is_email_shared then email end as email,
        case when not is_address_shared then address end as address,
        district, born_on, enquired_on, joined_on, is_changed
    from scope where record_kind <> 'login'
"""
NAMES: Final = """
    create or replace temp table identity_names as
    select full_name, least(1, any_value(bearers) / $total)::double as tf_full_name
    from scope where full_name is not null group by full_name
"""
_DECLARED: Final = """
    create table identity_input (record_no bigint, record_kind varchar, full_name varchar, surname varchar,
        gender varchar, id_number varchar, email varchar, address varchar, district varchar, born_on date,
        enquired_on date, joined_on date, is_changed boolean);
    create table identity_names (full_name varchar, tf_full_name double)
"""
#: The tables that the statements create, in their order; the last one holds the scores.
_STEPS: Final = ("identity_pairs", "identity_scores")
_EMPTY: Final = """
    create or replace temp table scored (left_no bigint, right_no bigint, match_weight double, evidence varchar)
"""
_SCORED: Final = f"""
    insert into scored
    select
        least(record_no_l, record_no_r), greatest(record_no_l, record_no_r),
        round(case when {model.TWO_PEOPLE} then least(match_weight, $just_below) else match_weight end, 4),
        {model.evidence()}
    from {_STEPS[-1]}
"""
_DROP: Final = "; ".join(f"drop table {name}" for name in ("identity_input", "identity_names", *_STEPS))
_KEPT: Final = "select statement from lake.ops.identity_statements where settings_hash = $hash order by step"


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of scoring.

    Attributes:
        pairs: How many pairs were scored.
        settings_hash: What the statements were written for.
        new_statements: Statements that are not kept yet, in the order of `_STEPS`.
    """

    pairs: int
    settings_hash: str = ""
    new_statements: tuple[str, ...] = ()


def score(con: duckdb.DuckDBPyConnection) -> Scored:
    """Create `scored` (left_no, right_no, match_weight, evidence) from `scope`.

    A pair of two people of one house stays below the weight of a link.
    """
    con.execute(_EMPTY)
    [(changed, total)] = con.execute(
        "select count_if(is_changed), any_value(total) from scope where record_kind <> 'login'"
    ).fetchall()
    if not changed:
        return Scored(0)
    settings_hash = _hash(total)
    kept = [statement for (statement,) in con.execute(_KEPT, {"hash": settings_hash}).fetchall()]
    statements = kept or statements_for(total)
    con.execute(INPUT)
    con.execute(NAMES, {"total": total})
    for name, statement in zip(_STEPS, statements, strict=True):
        con.execute(f"create or replace temp table {name} as {statement}")
    con.execute(_SCORED, {"just_below": model.LINK_WEIGHT - 0.01})
    con.execute(_DROP)
    pairs = int(con.execute("select count(*) from scored").fetchall()[0][0])
    return Scored(pairs, settings_hash, () if kept else tuple(statements))


def keep(con: duckdb.DuckDBPyConnection, scored: Scored) -> None:
    """Remember new statements in place of those before, in the caller's transaction."""
    if scored.new_statements:
        con.execute("delete from lake.ops.identity_statements")
        con.executemany(
            "insert into lake.ops.identity_statements values (?, ?, ?, ?)",
            [
                (scored.settings_hash, step, name, statement)
                for step, (name, statement) in enumerate(zip(_STEPS, scored.new_statements, strict=True))
            ],
        )


def statements_for(records: int) -> list[str]:
    """The queries in which Splink finds and scores the pairs of so many records, in the order of `_STEPS`.

    >>> "inner join" in statements_for(1024)[0]
    True
    """
    # Here and not above: most days need none of it.
    from splink import DuckDBAPI, Linker

    with duckdb.connect() as aside:
        aside.execute(_DECLARED)
        api = DuckDBAPI(aside)
        linker = Linker(api.register("identity_input"), model.splink_settings(records), log_level=None)
        linker.table_management.register_term_frequency_lookup(api.register("identity_names"), "full_name")
        pairs = linker.inference.compute_blocked_pairs_for_predict()
        scores = linker.inference.predict(threshold_match_weight=model.REVIEW_WEIGHT)
    # Splink names its tables anew each time.
    return [table.sql_used_to_create.replace(pairs.physical_name, _STEPS[0]) for table in (pairs, scores)]


def _hash(records: int) -> str:
    """Of all that the statements are made from."""
    told = [version("splink"), model.splink_settings(records), model.REVIEW_WEIGHT, _DECLARED, _STEPS]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
