"""Records side by side, and the pairs among them that are worth a look, scored by Splink.

Works in temporary tables of one connection. `records` is every record with its position; `scored` is every pair of
records at or above the least weight, by positions, the lower one first.
"""

from __future__ import annotations

from typing import Final

import duckdb

from dagster_project.identity import model

#: Above this share of changed records all of them go to Splink; below, only those that share a block with one.
_FEW: Final = 0.2

_RECORDS: Final = """
    create or replace temp table records as
    with prepared as (
        select * from lake.intermediate.int_records_prepared
    ),
    total as (
        select power(2, round(log2(greatest(count(*), 2))))::bigint as records
        from prepared where record_kind <> 'login'
    ),
    names as (
        select full_name, power(2, round(log2(count(*))))::bigint as bearers from prepared
        where full_name is not null group by full_name
    ),
    busy_addresses as (
        select address from prepared where address is not null group by address having count(*) > $most_at_address
    ),
    busy_emails as (
        select email from prepared where email is not null group by email having count(*) > $most_sharing
    ),
    busy_documents as (
        select id_number from prepared where id_number is not null group by id_number having count(*) > $most_sharing
    ),
    compared as (
        select
            prepared.* replace (
                case when busy_addresses.address is null then prepared.address end as address,
                case when busy_emails.email is null then prepared.email end as email,
                case when busy_documents.id_number is null then prepared.id_number end as id_number
            ),
            names.bearers, total.records
        from prepared
        cross join total
        left join names on names.full_name = prepared.full_name
        left join busy_addresses on busy_addresses.address = prepared.address
        left join busy_emails on busy_emails.email = prepared.email
        left join busy_documents on busy_documents.id_number = prepared.id_number
    ),
    stated as (
        select
            *,
            md5(cast(row({attributes}, bearers, case when record_kind <> 'login' then records end) as varchar))
                as fingerprint
        from compared
    )
    select
        row_number() over (order by source_system, customer_key) - 1 as record_no,
        row_number() over (order by registered_on nulls last, source_system, customer_key) - 1 as age,
        ('0x' || substr(md5(source_system || '|' || customer_key), 1, 13))::bigint as own_id,
        stated.*,
        stated.fingerprint is distinct from before.fingerprint as is_changed
    from stated
    left join lake.ops.identity_records as before using (source_system, customer_key)
"""
_KEPT: Final = """
    create or replace temp table scored as
    select one.record_no as left_no, other.record_no as right_no, scores.match_weight, scores.evidence
    from lake.ops.identity_scores as scores
    inner join records as one
        on one.source_system = scores.left_system and one.customer_key = scores.left_key and not one.is_changed
    inner join records as other
        on other.source_system = scores.right_system and other.customer_key = scores.right_key
            and not other.is_changed
"""
_INPUT: Final = """
    create or replace table memory.main.identity_input as
    select record_no, {attributes}, is_changed from temp.records where record_kind <> 'login' and {condition}
"""
_NAMES: Final = """
    create or replace table memory.main.identity_names as
    select full_name, least(1, bearers / any_value(records))::double as tf_full_name
    from temp.records where full_name is not null group by full_name, bearers
"""
_SCORED: Final = """
    insert into temp.scored
    select
        least(record_no_l, record_no_r), greatest(record_no_l, record_no_r),
        round(case when {two_people} then least(match_weight, $just_below) else match_weight end, 4),
        {evidence}
    from memory.main.{predictions}
"""


def line_up(con: duckdb.DuckDBPyConnection, *, most_sharing: int) -> None:
    """Create `records`: position, age, the id each would found, and whether it differs from the last time.

    Args:
        con: Connection to both files.
        most_sharing: Records that may bear one e-mail or document; what more bear is not compared.
    """
    query = _RECORDS.format(attributes=", ".join(model.ATTRIBUTES))
    con.execute(query, {"most_at_address": model.MOST_AT_ADDRESS, "most_sharing": most_sharing})


def score(con: duckdb.DuckDBPyConnection) -> int:
    """Create `scored` from the pairs kept of unchanged records and new ones of changed records; returns how many new.

    A pair of two people of one house stays below the weight of a link.
    """
    con.execute(_KEPT)
    changed, comparable, rounded = con.execute(
        "select count_if(is_changed), count(*), any_value(records) from records where record_kind <> 'login'"
    ).fetchall()[0]
    if not changed:
        return 0
    condition = "true" if changed > _FEW * comparable else _near_changed()
    con.execute(_INPUT.format(attributes=", ".join(model.ATTRIBUTES), condition=condition))
    con.execute(_NAMES)
    con.execute("use memory")
    try:
        predictions = _predict(con, rounded)
        before = _count(con)
        con.execute(
            _SCORED.format(two_people=model.TWO_PEOPLE, evidence=model.evidence(), predictions=predictions),
            {"just_below": model.LINK_WEIGHT - 0.01},
        )
        con.execute(f"drop table memory.main.{predictions}; drop table identity_input; drop table identity_names")
        return _count(con) - before
    finally:
        con.execute("use lake")


def _predict(con: duckdb.DuckDBPyConnection, records: int) -> str:
    """Name of the table of scored pairs in catalog `memory`."""
    # Splink and its SQL parser take a second to import; most days of a small home need neither.
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(con)
    linker = Linker(api.register("identity_input"), model.splink_settings(records), log_level=None)
    linker.table_management.register_term_frequency_lookup(api.register("identity_names"), "full_name")
    return str(linker.inference.predict(threshold_match_weight=model.REVIEW_WEIGHT).physical_name)


def _near_changed() -> str:
    """Condition: changed, or in a block with a changed record."""
    near = []
    for block in (*model.BLOCKS, model.ENQUIRY_BLOCK):
        columns = ", ".join(block)
        near.append(f"({columns}) in (select {columns} from temp.records where is_changed)")
    return f"(is_changed or {' or '.join(near)})"


def _count(con: duckdb.DuckDBPyConnection) -> int:
    return int(con.execute("select count(*) from temp.scored").fetchall()[0][0])
