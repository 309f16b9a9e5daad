"""What outlives a run: who bore which customer_id when, what was compared, and the copy beside the database.

Everything is keyed by business date. A run for a past date changes the ids of the days from there up to the next day
that knows the record; a run for the same date twice changes nothing.
"""

from __future__ import annotations

import os
from datetime import date
from typing import Final

import duckdb

from dagster_project.failpoints import failpoint
from dagster_project.settings import Settings
from dagster_project.warehouse import quote

_HELD: Final = """
    create or replace temp table held as
    with standing as (
        select *, row_number() over (
                partition by source_system, customer_key order by valid_from_on <= $as_of desc, valid_from_on
            ) as place
        from lake.ops.customer_ids
        where valid_to_on is null or valid_to_on > $as_of
    )
    select records.record_no, standing.customer_id
    from standing inner join records using (source_system, customer_key)
    where place = 1
"""
#: Every id with its age: by the day on which it was first given, then by its oldest record.
_RANKS: Final = """
    create or replace temp table id_ranks as
    select
        ids.customer_id,
        row_number() over (order by min(ids.valid_from_on), min(records.age) nulls last, ids.customer_id) - 1 as id_rank
    from lake.ops.customer_ids as ids
    left join records using (source_system, customer_key)
    group by ids.customer_id
"""
_FORMERLY: Final = """
    create or replace temp table formerly as
    select distinct records.record_no, ids.customer_id
    from lake.ops.customer_ids as ids
    inner join records using (source_system, customer_key)
    where ids.valid_to_on is not null
        and not exists (
            from held where held.record_no = records.record_no and held.customer_id = ids.customer_id
        )
"""
#: Records whose id of the day is another than before, or that came or went.
_MOVED: Final = """
    create or replace temp table moved as
    with standing as (
        select * from lake.ops.customer_ids
        where valid_from_on <= $as_of and (valid_to_on is null or valid_to_on > $as_of)
    ),
    wanted as (
        select source_system, customer_key, assigned.customer_id
        from assigned inner join records using (record_no)
    )
    select
        source_system, customer_key, wanted.customer_id, standing.valid_from_on, standing.valid_to_on,
        standing.customer_id is not null as was_there
    from wanted full join standing using (source_system, customer_key)
    where wanted.customer_id is distinct from standing.customer_id
"""
#: Their periods as they are to be; what touches and bears the same id becomes one period again.
_PERIODS: Final = """
    create or replace temp table periods as
    with untouched as (
        select ids.*
        from lake.ops.customer_ids as ids inner join moved using (source_system, customer_key)
        where not moved.was_there or ids.valid_from_on <> moved.valid_from_on
    ),
    pieces as (
        from untouched
        union all by name
        select ids.* replace ($as_of::date as valid_to_on)
        from lake.ops.customer_ids as ids inner join moved using (source_system, customer_key, valid_from_on)
        where ids.valid_from_on < $as_of
        union all by name
        select
            source_system, customer_key, moved.customer_id, $as_of::date as valid_from_on,
            case when was_there then moved.valid_to_on else (
                select min(later.valid_from_on) from untouched as later
                where later.source_system = moved.source_system and later.customer_key = moved.customer_key
                    and later.valid_from_on > $as_of
            ) end as valid_to_on
        from moved where moved.customer_id is not null
    ),
    marked as (
        select *, case
            when lag(customer_id) over record = customer_id and lag(valid_to_on) over record = valid_from_on then 0
            else 1 end as begins
        from pieces window record as (partition by source_system, customer_key order by valid_from_on)
    ),
    numbered as (
        select *, sum(begins) over (partition by source_system, customer_key order by valid_from_on) as period
        from marked
    )
    select
        source_system, customer_key, customer_id, min(valid_from_on) as valid_from_on,
        case when count(*) = count(valid_to_on) then max(valid_to_on) end as valid_to_on
    from numbered group by source_system, customer_key, customer_id, period
"""
_KEEP: Final = """
    delete from lake.ops.customer_ids where (source_system, customer_key) in (
        select (source_system, customer_key) from moved
    );
    insert into lake.ops.customer_ids by name select * from periods;
    delete from lake.ops.identity_scores
    where (left_system, left_key) in (select (source_system, customer_key) from stale)
        or (right_system, right_key) in (select (source_system, customer_key) from stale);
    insert into lake.ops.identity_scores
    select one.source_system, one.customer_key, other.source_system, other.customer_key, match_weight, evidence
    from scored
    inner join records as one on one.record_no = left_no
    inner join records as other on other.record_no = right_no
    where one.is_changed or other.is_changed;
    delete from lake.ops.identity_records where (source_system, customer_key) in (
        select (source_system, customer_key) from stale
    );
    insert into lake.ops.identity_records
    select source_system, customer_key, fingerprint from records where is_changed;
"""
_STALE: Final = """
    create or replace temp table stale as
    select source_system, customer_key
    from lake.ops.identity_records as before left join records using (source_system, customer_key)
    where coalesce(records.is_changed, true)
"""
_COPY: Final = """
    copy (select * from lake.ops.customer_ids order by source_system, customer_key, valid_from_on)
    to {path} (format parquet, compression zstd)
"""


def recall(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Create `held`, `formerly` and `id_ranks`: which ids the records bear, bore before, and how old each is."""
    con.execute(_HELD, {"as_of": as_of})
    con.execute(_RANKS)
    con.execute(_FORMERLY)


def plan(con: duckdb.DuckDBPyConnection, as_of: date) -> int:
    """Create `moved` and `periods` from `assigned`; returns how many records came, went or changed their id."""
    con.execute(_MOVED, {"as_of": as_of})
    con.execute(_PERIODS, {"as_of": as_of})
    con.execute(_STALE)
    return int(con.execute("select count(*) from moved").fetchall()[0][0])


def keep(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write what is planned, in the caller's transaction, and its copy into its place before that is committed.

    A copy that is ahead of the database names ids that the next run of the same day gives again.
    """
    con.execute(_KEEP)
    failpoint("identity.ids_kept")
    path = settings.identity_ids
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    con.execute(_COPY.format(path=quote(partial)))
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    failpoint("identity.copy_written")
    partial.replace(path)
    failpoint("identity.copy_placed")


def restore(con: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    """Fill `ops.customer_ids` of a lake that was made anew from the copy; whether that was so."""
    if not settings.identity_ids.exists() or con.execute("from lake.ops.customer_ids limit 1").fetchall():
        return False
    con.execute(f"insert into lake.ops.customer_ids by name from read_parquet({quote(settings.identity_ids)})")
    failpoint("identity.ids_restored")
    return True
