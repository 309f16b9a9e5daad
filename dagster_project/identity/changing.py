"""Which source records came, went or changed since the last resolution.

Works on hashes, so that a day costs a look at every record's hash and the comparison of a few records. Temporary
tables of one connection:

    stored    (view) every record as it was last compared
    came      records that are new or other than before, as they are now
    gone      what was stored of those, and of the vanished
    vanished  records that are no more
    turned    what came and what is gone, unless everything counts as new
    present   (view) every record as of now: its number and hashes
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb

from dagster_project.identity import model

#: Above this share of new records everything is compared again: it costs no more.
_FEW: Final = 0.2
#: About so many records share a bucket of hashes.
_BUCKET: Final = 64

_HASHES: Final = f"""
    coalesce(joined_on, enquired_on) as dated_on,
    case when full_name is not null then hash(full_name) end as name_hash,
    case when id_number is not null then hash(id_number) end as document_hash,
    case when email is not null then hash(email) end as email_hash,
    case when phone is not null then hash(phone) end as phone_hash,
    case when record_kind = 'login' then hash(login) when email is not null then hash(split_part(email, '@', 1)) end
        as login_hash,
    case when address is not null then hash(address) end as address_hash,
    case when merged_into_key is not null then {model.key_hash("source_system", "merged_into_key")} end as merged_hash,
    case when full_name is not null and born_on is not null then hash(full_name, born_on) end as name_born_hash,
    case when full_name is not null and district is not null then hash(full_name, district) end as name_place_hash,
    case when surname is not null and district is not null and gender is not null
        then hash(surname, district, gender) end as enquiry_hash
"""
_STORED: Final = """
    create or replace temp view stored as select * from lake.ops.identity_records where not {everything}
"""
#: Hashes of which one alone makes a pair worth a look.
BLOCK_HASHES: Final = (
    "document_hash", "email_hash", "phone_hash", "login_hash", "address_hash", "name_born_hash", "name_place_hash",
)  # fmt: skip
#: What is stored of every record, and what its values told.
KNOWN: Final = ", ".join(
    (
        "record_no",
        "source_system",
        "customer_key",
        "key_hash",
        "record_kind",
        "registered_on",
        "dated_on",
        "content_hash",
        "name_hash",
        *BLOCK_HASHES,
        "merged_hash",
        "enquiry_hash",
    )
)
WEIGHING: Final = "bearers, total, is_document_shared, is_email_shared, is_phone_shared, is_address_shared"
_ALL_UNSEEN: Final = """
    create or replace temp table unseen as select content_hash from lake.intermediate.int_records_prepared
"""
#: Hashes are compared by buckets first: adding up a bucket costs half of looking up each of its hashes. No hash stands
#: twice on a side, since keys are in it.
_UNSEEN: Final = """
    create or replace temp table unseen as
    with sides as (
        select content_hash & $mask as bucket, content_hash from lake.intermediate.int_records_prepared
        union all
        select content_hash & $mask, content_hash from stored
    ),
    uneven as materialized (
        select bucket from sides group by bucket having bit_xor(content_hash) <> 0
    )
    select content_hash from lake.intermediate.int_records_prepared
    where content_hash & $mask in (from uneven) and content_hash not in (
        select content_hash from stored where content_hash & $mask in (from uneven)
    )
"""
#: New versions of what changed or came. Tables one after the other: each is planned for the few rows before it.
_CAME: Final = f"""
    create or replace temp table fresh as
    select source_system, customer_key, {model.key_hash("source_system", "customer_key")} as key_hash, record_kind,
        registered_on, content_hash, {_HASHES}
    from lake.intermediate.int_records_prepared semi join unseen using (content_hash);
    create or replace temp table came as
    with numbered as (
        select coalesce(max(record_no), -1) as highest from lake.ops.identity_records
    )
    select
        coalesce(before.record_no, highest + row_number() over (
            partition by before.record_no is null order by source_system, customer_key
        )) as record_no,
        before.record_no is null as is_new, fresh.*
    from fresh cross join numbered
    left join (select record_no, key_hash from lake.ops.identity_records) as before using (key_hash);
"""
_ANY_VANISHED: Final = """
    select (select count(*) from lake.ops.identity_records) + (select count(*) from came where is_new)
        <> (select count(*) from lake.intermediate.int_records_prepared)
"""
_VANISHED: Final = """
    create or replace temp table vanished as
    select * from lake.ops.identity_records as before
    where {any} and record_no not in (select record_no from came)
        and content_hash not in (select content_hash from lake.intermediate.int_records_prepared)
"""
#: Old versions of what changed or went; every record as it is now.
_PRESENT: Final = f"""
    create or replace temp table gone as
    select * from lake.ops.identity_records
    where {{everything}} or record_no in (select record_no from came union all select record_no from vanished);
    create or replace temp table turned as
    select {KNOWN} from (select {KNOWN} from came union all select {KNOWN} from gone) where not {{everything}};
    create or replace temp view present as
    select {KNOWN} from stored where record_no not in (select record_no from gone)
    union all
    select {KNOWN} from came
"""
_COUNTS: Final = """
    select power(2, round(log2(greatest(count_if(record_kind <> 'login'), 2))))::bigint, count(*),
        coalesce(max(record_no), -1)
    from present
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """What there is to compare.

    Attributes:
        total: Records that are compared, as a power of two.
        records: All records.
        highest: Highest number of one, -1 if there is none.
        everything: Whether all count as new: where nothing was compared before, where their number passed a power of
            two, where most are new, and on a date before that of the last resolution.
    """

    total: int
    records: int
    highest: int
    everything: bool


def find_changes(con: duckdb.DuckDBPyConnection, as_of: date) -> Changes:
    """Create the tables of this module."""
    last = con.execute("select max(as_of_on) from lake.ops.identity_state").fetchall()[0][0]
    everything = last is None or as_of < last
    changes = _compare_hashes(con, everything=everything)
    if not everything:
        [(before, came)] = con.execute(
            "select (select any_value(total) from stored), (select count(*) from came)"
        ).fetchall()
        if before is None or before != changes.total or came > _FEW * changes.total:
            changes = _compare_hashes(con, everything=True)
    return changes


def _compare_hashes(con: duckdb.DuckDBPyConnection, *, everything: bool) -> Changes:
    word = str(everything).lower()
    con.execute(_STORED.format(everything=word))
    if everything:
        con.execute(_ALL_UNSEEN)
    else:
        [(records,)] = con.execute("select count(*) from lake.ops.identity_records").fetchall()
        con.execute(_UNSEEN, {"mask": (1 << (records // _BUCKET).bit_length()) - 1})
    con.execute(_CAME)
    [(is_any_vanished,)] = con.execute(_ANY_VANISHED).fetchall()
    con.execute(_VANISHED.format(any=str(is_any_vanished).lower()))
    con.execute(_PRESENT.format(everything=word))
    [(total, records, highest)] = con.execute(_COUNTS).fetchall()
    return Changes(total, records, highest, everything)
