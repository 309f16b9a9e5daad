"""What changed since the last resolution, and which records have to be looked at because of it.

Works on hashes, so that a day costs a look at every record's hash and the comparison of a few records. Temporary
tables of one connection:

    known     (view) every record as of now: its number, hashes, and what it shares
    changed   numbers of records that are new or other than before, also because a name became more common or a
              value became shared
    vanished  numbers of records that are no more
    scope     changed records and all that share a block or a value with one, with their attributes
"""

from __future__ import annotations

from datetime import date
from typing import Final

import duckdb

from dagster_project.identity import model

#: Records that may bear one ID number, e-mail or phone; the dbt variable identity_shared_limit is the same figure.
MOST_SHARING: Final = 4
#: Above this share of new records everything is compared again: it costs no more.
_FEW: Final = 0.2

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
_HASH_NAMES: Final = (
    "name_hash", "document_hash", "email_hash", "phone_hash", "login_hash", "address_hash", "merged_hash",
    "name_born_hash", "name_place_hash", "enquiry_hash",
)  # fmt: skip
_KNOWN: Final = ", ".join(
    (
        "record_no",
        "source_system",
        "customer_key",
        "key_hash",
        "record_kind",
        "registered_on",
        "dated_on",
        "content_hash",
        *_HASH_NAMES,
    )
)
_FLAGS: Final = ("is_document_shared", "is_email_shared", "is_phone_shared", "is_address_shared")
_WEIGHING: Final = ", ".join(("bearers", "total", *_FLAGS))
#: New versions of what changed or came. Tables one after the other: each is planned for the few rows before it.
_CAME: Final = f"""
    create or replace temp table unseen as
    select content_hash from lake.intermediate.int_records_prepared anti join stored using (content_hash);
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
    create or replace temp view present as
    select {_KNOWN} from stored where record_no not in (select record_no from gone)
    union all
    select {_KNOWN} from came
"""
_TOTAL: Final = """
    select power(2, round(log2(greatest(count(*), 2))))::bigint, count(*) from present where record_kind <> 'login'
"""
#: How many bear the values of what came or went. Names are shared by prospects too, the others are a customer's own.
_SHARING: Final = """
    create or replace temp table bearing_{name} as
    with touched as (
        select {column} as value_hash from came where {column} is not null
        union
        select {column} from gone where {column} is not null
    ),
    counted as (
        select {column} as value_hash, 1 as bearers from stored where {column} in (from touched) {only_customers}
        union all
        select {column}, -1 from gone where {column} is not null and not {everything} {only_customers}
        union all
        select {column}, 1 from came where {column} is not null {only_customers}
    )
    select value_hash, coalesce(sum(counted.bearers), 0)::bigint as bearers
    from touched left join counted using (value_hash) group by value_hash
"""
_BEARERS: Final = "power(2, round(log2(nullif(bearing_name.bearers, 0))))::bigint"
#: Unchanged records with a value that is now borne by others enough to weigh otherwise.
_SHIFTED: Final = f"""
    create or replace temp table shifted as
    with otherwise as (
        select record_no from stored inner join bearing_name on bearing_name.value_hash = name_hash
        where {_BEARERS} <> stored.bearers
        {{flags}}
    )
    select distinct record_no from otherwise where record_no not in (select record_no from gone)
"""
_FLAG: Final = """
        union all
        select record_no from stored inner join bearing_{name} on bearing_{name}.value_hash = {name}_hash
        where (bearing_{name}.bearers > {most}) <> is_{name}_shared
"""
#: Those with how many bore their values before.
_CHANGED: Final = f"""
    create or replace temp table changed as
    select {_KNOWN}, null::bigint as bearers, {", ".join(f"false as {flag}" for flag in _FLAGS)} from came
    union all
    select {_KNOWN}, bearers, {", ".join(_FLAGS)} from stored where record_no in (select record_no from shifted)
"""
#: A value that nothing gained or lost is borne by as many as before.
_FLAGGED: Final = f"""
    create or replace temp table flagged as
    select {_KNOWN}, $total::bigint as total,
        coalesce({_BEARERS}, changed.bearers) as bearers,
        coalesce(bearing_document.bearers > {MOST_SHARING}, is_document_shared) as is_document_shared,
        coalesce(bearing_email.bearers > {MOST_SHARING}, is_email_shared) as is_email_shared,
        coalesce(bearing_phone.bearers > {MOST_SHARING}, is_phone_shared) as is_phone_shared,
        coalesce(bearing_address.bearers > {model.MOST_AT_ADDRESS}, is_address_shared) as is_address_shared
    from changed
    left join bearing_name on bearing_name.value_hash = name_hash
    left join bearing_document on bearing_document.value_hash = document_hash
    left join bearing_email on bearing_email.value_hash = email_hash
    left join bearing_phone on bearing_phone.value_hash = phone_hash
    left join bearing_address on bearing_address.value_hash = address_hash
"""
_NEAR: Final = f"""
    create or replace temp table near as
    with alike as (
        {{blocks}}
        union all
        select record_no from stored
        where key_hash in (select merged_hash from changed where merged_hash is not null)
        union all
        select record_no from stored
        where merged_hash in (select key_hash from changed)
        union all
        select stored.record_no
        from stored inner join changed
            on changed.enquiry_hash = stored.enquiry_hash and changed.record_kind <> stored.record_kind
            and abs(changed.dated_on - stored.dated_on) <= {model.ENQUIRY_DAYS}
    )
    select distinct record_no from alike
    where record_no not in (select record_no from changed union all select record_no from vanished)
"""
_SCOPE: Final = f"""
    create or replace temp table looked_at as
    select content_hash, record_no, {_WEIGHING}, true as is_changed from flagged
    union all
    select content_hash, record_no, {_WEIGHING}, false as is_changed
    from stored where record_no in (select record_no from near);
    create or replace temp table scope as
    select prepared.*, record_no, {_WEIGHING}, is_changed
    from lake.intermediate.int_records_prepared as prepared
    inner join looked_at using (content_hash)
"""
#: How many may bear a value before it tells nothing; of a name it is told how many do.
_MOST: Final = {
    "document": MOST_SHARING,
    "email": MOST_SHARING,
    "phone": MOST_SHARING,
    "address": model.MOST_AT_ADDRESS,
}


def find_changes(con: duckdb.DuckDBPyConnection, as_of: date) -> bool:
    """Create `known`'s parts, `changed`, `vanished` and `scope`; returns whether everything counts as changed.

    Everything does where nothing was compared before, where the number of records passed a power of two, where most
    records are new, and on a date before that of the last resolution.
    """
    last = con.execute("select max(as_of_on) from lake.ops.identity_state").fetchall()[0][0]
    everything = last is None or as_of < last
    total = _compare_hashes(con, everything=everything)
    if not everything:
        [(before, came)] = con.execute(
            "select (select any_value(total) from stored), (select count(*) from came)"
        ).fetchall()
        everything = before is None or before != total or came > _FEW * total
        if everything:
            _compare_hashes(con, everything=True)
    for name in ("name", *_MOST):
        only = "" if name in {"name", "address"} else "and record_kind = 'customer'"
        con.execute(
            _SHARING.format(name=name, column=f"{name}_hash", only_customers=only, everything=str(everything).lower())
        )
    con.execute(_SHIFTED.format(flags="".join(_FLAG.format(name=name, most=most) for name, most in _MOST.items())))
    con.execute(_CHANGED)
    con.execute(_FLAGGED, {"total": total})
    blocks = [name for name in _HASH_NAMES if name not in {"name_hash", "merged_hash", "enquiry_hash"}]
    near = " union all ".join(
        f"select record_no from stored where {name} in (select {name} from changed where {name} is not null)"
        for name in blocks
    )
    con.execute(_NEAR.format(blocks=near))
    con.execute(_SCOPE)
    return everything


def keep(con: duckdb.DuckDBPyConnection) -> None:
    """Remember what was compared, in the caller's transaction."""
    con.execute("delete from lake.ops.identity_records where record_no in (select record_no from gone)")
    con.execute("delete from lake.ops.identity_records where record_no in (select record_no from shifted)")
    con.execute(
        f"""
        insert into lake.ops.identity_records by name
        select {_KNOWN}, {_WEIGHING} from flagged
        """
    )


def _compare_hashes(con: duckdb.DuckDBPyConnection, *, everything: bool) -> int:
    """Create `gone`, `came`, `vanished` and `present`; returns the records that are compared, as a power of two."""
    word = str(everything).lower()
    con.execute(_STORED.format(everything=word))
    con.execute(_CAME)
    [(is_any_vanished,)] = con.execute(_ANY_VANISHED).fetchall()
    con.execute(_VANISHED.format(any=str(is_any_vanished).lower()))
    con.execute(_PRESENT.format(everything=word))
    return int(con.execute(_TOTAL).fetchall()[0][0])
