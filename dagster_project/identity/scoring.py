"""Pairs of records in scope, scored by Splink: the pairs of which at least one record changed."""

from __future__ import annotations

from typing import Final

import duckdb

from dagster_project.identity import model

_INPUT: Final = """
    create or replace table memory.main.identity_input as
    select record_no, record_kind, full_name, surname, gender,
        case when not is_document_shared then id_number end as id_number,
        case when not is_email_shared then email end as email,
        case when not is_address_shared then address end as address,
        district, born_on, enquired_on, joined_on, is_changed
    from temp.scope where record_kind <> 'login'
"""
_NAMES: Final = """
    create or replace table memory.main.identity_names as
    select full_name, least(1, any_value(bearers) / $total)::double as tf_full_name
    from temp.scope where full_name is not null group by full_name
"""
_EMPTY: Final = """
    create or replace temp table scored (left_no bigint, right_no bigint, match_weight double, evidence varchar)
"""
_SCORED: Final = """
    insert into temp.scored
    select
        least(record_no_l, record_no_r), greatest(record_no_l, record_no_r),
        round(case when {two_people} then least(match_weight, $just_below) else match_weight end, 4),
        {evidence}
    from memory.main.{predictions}
"""


def score(con: duckdb.DuckDBPyConnection) -> int:
    """Create `scored` (left_no, right_no, match_weight, evidence) from `scope`; returns how many.

    A pair of two people of one house stays below the weight of a link.
    """
    con.execute(_EMPTY)
    [(changed, total)] = con.execute(
        "select count_if(is_changed), any_value(total) from scope where record_kind <> 'login'"
    ).fetchall()
    if not changed:
        return 0
    con.execute(_INPUT)
    con.execute(_NAMES, {"total": total})
    con.execute("use memory")
    try:
        predictions = _predict(con, total)
        con.execute(
            _SCORED.format(two_people=model.TWO_PEOPLE, evidence=model.evidence(), predictions=predictions),
            {"just_below": model.LINK_WEIGHT - 0.01},
        )
        con.execute(f"drop table memory.main.{predictions}; drop table identity_input; drop table identity_names")
    finally:
        con.execute("use lake")
    return int(con.execute("select count(*) from scored").fetchall()[0][0])


def _predict(con: duckdb.DuckDBPyConnection, records: int) -> str:
    """Name of the table of scored pairs in catalog `memory`."""
    # Splink and its SQL parser take a second to import; most days of a small home need neither.
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(con)
    # Splink's look at the settings only logs, and costs a day more than its pairs: a wrong column fails in any case.
    settings = model.splink_settings(records)
    linker = Linker(api.register("identity_input"), settings, log_level=None, validate_settings=False)
    linker.table_management.register_term_frequency_lookup(api.register("identity_names"), "full_name")
    return str(linker.inference.predict(threshold_match_weight=model.REVIEW_WEIGHT).physical_name)
