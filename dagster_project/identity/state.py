"""Who bore which customer_id when, and the copy of that beside the database.

Everything is keyed by business date. A run for a past date changes the ids of the days from there up to the next day
that knows the record; a run for the same date twice changes nothing.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from dagster_project.failpoints import failpoint
from dagster_project.identity import model
from dagster_project.settings import Settings
from dagster_project.warehouse import quote

#: So many files of changes are written into one again.
_MOST_COPIES: Final = 100
_KEY_HASH: Final = model.key_hash("source_system", "customer_key")
#: All periods of the records of which something may be said anew.
_THEIRS: Final = """
    create or replace temp table theirs as
    select * exclude (key_hash) from lake.ops.customer_ids
    where $everything or key_hash in (select key_hash from affected union all select key_hash from vanished)
"""
#: The id of the day, else the next that the record will bear: a past date agrees with what came after it.
_HELD: Final = """
    create or replace temp table held as
    with standing as (
        select source_system, customer_key, theirs.customer_id, affected.record_no, row_number() over (
                partition by affected.record_no order by theirs.valid_from_on <= $as_of desc, theirs.valid_from_on
            ) as place
        from theirs inner join affected using (source_system, customer_key)
        where valid_to_on is null or valid_to_on > $as_of
    )
    select record_no, customer_id from standing where place = 1
"""
#: Every period of the ids that they ever bore.
_BORNE: Final = """
    create or replace temp table borne as
    select key_hash, customer_id, valid_from_on, valid_to_on
    from lake.ops.customer_ids where customer_id in (select customer_id from theirs)
"""
#: Other records that ever bore one of these ids. On most days there is none, and then nothing is read.
_OTHERS: Final = """
    create or replace temp table others as
    select record_no, key_hash, customer_key, registered_on from present where key_hash in (
        select key_hash from borne anti join affected using (key_hash)
    )
"""
#: Of these, who bears the id of one of them on the day or later.
_TIED: Final = """
    select distinct others.record_no
    from borne inner join others using (key_hash)
    where (valid_to_on is null or valid_to_on > $as_of) and borne.customer_id in (select customer_id from held)
"""
_FORMERLY: Final = """
    create or replace temp table formerly as
    select distinct affected.record_no, ids.customer_id
    from theirs as ids
    inner join affected using (source_system, customer_key)
    where ids.valid_to_on is not null
        and not exists (
            from held where held.record_no = affected.record_no and held.customer_id = ids.customer_id
        )
"""
#: The first id of each record: what it bears by itself, and not because it was merged.
_NATIVE: Final = """
    create or replace temp table natives as
    select affected.record_no,
        arg_min(ids.customer_id, (ids.valid_from_on, coalesce(ids.valid_to_on, date '9999-12-31'))) as customer_id
    from theirs as ids inner join affected using (source_system, customer_key)
    group by affected.record_no
"""
#: Ids with their age: by the day on which they were first given, then by their oldest record.
_RANKS: Final = """
    create or replace temp table id_ranks as
    with involved as (
        select customer_id from held union select customer_id from formerly
    ),
    bearers as (
        select key_hash, customer_key, registered_on from affected
        union all
        select key_hash, customer_key, registered_on from others
    )
    select
        borne.customer_id,
        row_number() over (
            order by min(borne.valid_from_on), min(bearers.registered_on) nulls last,
                min(bearers.customer_key) nulls last, borne.customer_id
        ) - 1 as id_rank
    from borne
    inner join involved using (customer_id)
    left join bearers using (key_hash)
    group by borne.customer_id
"""
#: Records whose id of the day is another than before, or that came or went.
_MOVED: Final = """
    create or replace temp table moved as
    with standing as (
        select * from theirs where valid_from_on <= $as_of and (valid_to_on is null or valid_to_on > $as_of)
    ),
    wanted as (
        select source_system, customer_key, assigned.customer_id
        from assigned inner join affected using (record_no)
    )
    select
        source_system, customer_key, wanted.customer_id, standing.valid_from_on, standing.valid_to_on,
        standing.customer_id as old_customer_id
    from wanted full join standing using (source_system, customer_key)
    where wanted.customer_id is distinct from standing.customer_id
"""
#: Their periods as they are to be; what touches and bears the same id becomes one period again.
_PERIODS: Final = """
    create or replace temp table periods as
    with untouched as (
        select theirs.*
        from theirs inner join moved using (source_system, customer_key)
        where moved.valid_from_on is null or theirs.valid_from_on <> moved.valid_from_on
            or theirs.valid_to_on = theirs.valid_from_on
    ),
    begun as (
        select distinct source_system, customer_key from untouched where valid_from_on <= $as_of
    ),
    coming as (
        select source_system, customer_key, min(valid_from_on) as next_on
        from untouched where valid_from_on > $as_of group by all
    ),
    pieces as (
        from untouched
        union all by name
        select theirs.* replace ($as_of::date as valid_to_on)
        from theirs inner join moved using (source_system, customer_key, valid_from_on)
        where theirs.valid_from_on < $as_of and (theirs.valid_to_on is null or theirs.valid_to_on > $as_of)
        union all by name
        -- The first id of a record is remembered, even if it bore it for part of a day: splitting goes back to it.
        select theirs.* replace ($as_of::date as valid_to_on)
        from theirs inner join moved using (source_system, customer_key, valid_from_on)
        anti join begun using (source_system, customer_key)
        where theirs.valid_from_on = $as_of and moved.customer_id is not null
        union all by name
        select source_system, customer_key, moved.customer_id, $as_of::date as valid_from_on,
            case when moved.valid_from_on is not null then moved.valid_to_on else coming.next_on end as valid_to_on
        from moved left join coming using (source_system, customer_key)
        where moved.customer_id is not null
    ),
    marked as (
        select *, case
            when lag(customer_id) over record = customer_id and lag(valid_to_on) over record = valid_from_on then 0
            else 1 end as begins
        from pieces window record as (
            partition by source_system, customer_key order by valid_from_on, valid_to_on nulls last
        )
    ),
    numbered as (
        select *, sum(begins) over (
            partition by source_system, customer_key order by valid_from_on, valid_to_on nulls last
            rows unbounded preceding
        ) as period
        from marked
    )
    select
        source_system, customer_key, customer_id, min(valid_from_on) as valid_from_on,
        case when count(*) = count(valid_to_on) then max(valid_to_on) end as valid_to_on
    from numbered group by source_system, customer_key, customer_id, period
"""
_KEEP: Final = f"""
    delete from lake.ops.customer_ids where key_hash in (
        select {_KEY_HASH} from theirs semi join moved using (source_system, customer_key)
    );
    insert into lake.ops.customer_ids by name select *, {_KEY_HASH} as key_hash from periods;
"""
_STATE: Final = """
    delete from lake.ops.identity_state;
    insert into lake.ops.identity_state values ($as_of, $copies);
"""
#: What changed: a record with all its periods, or with none if it has none any more. Of several files the last counts.
_CHANGES: Final = """
    select moved.source_system, moved.customer_key, periods.customer_id, periods.valid_from_on, periods.valid_to_on
    from (select distinct source_system, customer_key from moved) as moved
    left join periods using (source_system, customer_key)
    order by all
"""
_EVERYTHING: Final = "select * exclude (key_hash) from lake.ops.customer_ids order by all"
_RESTORE: Final = f"""
    insert into lake.ops.customer_ids by name
    with said as (
        select * exclude (filename), filename = max(filename) over (partition by source_system, customer_key) as is_last
        from read_parquet($files, filename = true)
    )
    select source_system, customer_key, {_KEY_HASH} as key_hash, customer_id, valid_from_on, valid_to_on
    from said where is_last and customer_id is not null
"""


def hold(con: duckdb.DuckDBPyConnection, as_of: date, *, everything: bool) -> list[int]:
    """Create `held` (record_no, customer_id), the ids that the records of `affected` bear, and all it is drawn from.

    `theirs` are all periods of these records, `borne` all periods of the ids in them, `others` who else is in those.

    Returns:
        Numbers of the others that bear one of these ids, too.
    """
    con.execute(_THEIRS, {"everything": everything})
    con.execute(_HELD, {"as_of": as_of})
    con.execute(_BORNE)
    con.execute(_OTHERS)
    return [record_no for (record_no,) in con.execute(_TIED, {"as_of": as_of}).fetchall()]


def recall(con: duckdb.DuckDBPyConnection) -> None:
    """Create what is known of the records of `affected`, from what `hold` left.

    `formerly` are the ids that they bore before, `natives` those that they bore first, and `id_ranks` says how old
    each id is.
    """
    con.execute(_FORMERLY)
    con.execute(_NATIVE)
    con.execute(_RANKS)


def plan(con: duckdb.DuckDBPyConnection, as_of: date) -> int:
    """Create `moved` and `periods` from `assigned`; returns how many records came, went or changed their id."""
    con.execute(_MOVED, {"as_of": as_of})
    con.execute(_PERIODS, {"as_of": as_of})
    return int(con.execute("select count(*) from moved").fetchall()[0][0])


def keep(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: date, *, moved: int) -> None:
    """Write what is planned, in the caller's transaction, and its copy into its place before that is committed.

    A copy that the database does not know of is written over by the next one.
    """
    con.execute(_KEEP)
    last = con.execute("select max(copies) from lake.ops.identity_state").fetchall()[0][0] or 0
    copies = last + 1 if moved else last
    con.execute(_STATE, {"as_of": as_of, "copies": copies})
    failpoint("identity.ids_kept")
    if moved:
        is_whole = copies % _MOST_COPIES == 0
        _copy(con, _path(settings, copies, is_whole=is_whole), _EVERYTHING if is_whole else _CHANGES)


def restore(con: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    """Fill `ops.customer_ids` of a lake that was made anew from the copy; whether that was so."""
    files = _valid_copies(settings)
    if not files or con.execute("from lake.ops.customer_ids limit 1").fetchall():
        return False
    con.begin()
    con.execute(_RESTORE, {"files": [str(path) for path in files]})
    # Before the first day: whatever is resolved first compares everything.
    con.execute(_STATE, {"as_of": date.max, "copies": int(files[-1].name[:6])})
    con.commit()
    failpoint("identity.ids_restored")
    return True


def _copy(con: duckdb.DuckDBPyConnection, path: Path, query: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    con.execute(f"copy ({query}) to {quote(partial)} (format parquet, compression zstd)")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    failpoint("identity.copy_written")
    partial.replace(path)
    failpoint("identity.copy_placed")


def _path(settings: Settings, number: int, *, is_whole: bool) -> Path:
    return settings.identity_ids / f"{number:06}{'-whole' if is_whole else ''}.parquet"


def _valid_copies(settings: Settings) -> list[Path]:
    """The files that together are the copy: the last whole one, and the changes after it."""
    files = sorted(settings.identity_ids.glob("??????*.parquet"))
    whole = [place for place, path in enumerate(files) if path.stem.endswith("-whole")]
    return files[whole[-1] :] if whole else files
