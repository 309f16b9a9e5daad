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

_HASHES: Final = """
    hash(source_system, customer_key, record_kind, full_name, surname, gender, id_number, email, login, phone, address,
        district, merged_into_key, born_on, enquired_on, joined_on, registered_on) as content_hash
"""
_MORE_HASHES: Final = """
    coalesce(joined_on, enquired_on) as dated_on,
    case when full_name is not null then hash(full_name) end as name_hash,
    case when id_number is not null then hash(id_number) end as document_hash,
    case when email is not null then hash(email) end as email_hash,
    case when phone is not null then hash(phone) end as phone_hash,
    case when record_kind = 'login' then hash(login) when email is not null then hash(split_part(email, '@', 1)) end
        as login_hash,
    case when address is not null then hash(address) end as address_hash,
    case when merged_into_key is not null then hash(source_system, merged_into_key) end as merged_hash,
    case when full_name is not null and born_on is not null then hash(full_name, born_on) end as name_born_hash,
    case when full_name is not null and district is not null then hash(full_name, district) end as name_place_hash,
    case when surname is not null and district is not null and gender is not null
        then hash(surname, district, gender) end as enquiry_hash
"""
_STORED: Final = """
    create or replace temp view stored as select * from lake.ops.identity_records where not {everything}
"""
#: Old versions of what changed or went, and new versions of what changed or came.
_DELTA: Final = f"""
    create or replace temp table fresh as
    with delivered as (
        select *, {_HASHES} from lake.intermediate.int_records_prepared
    )
    select delivered.*, {_MORE_HASHES} from delivered anti join stored using (content_hash);
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
    left join (select record_no, source_system, customer_key from lake.ops.identity_records) as before
        using (source_system, customer_key);
    create or replace temp table vanished as
    select before.* from lake.ops.identity_records as before
    where (select count(*) from lake.ops.identity_records) + (select count(*) from came where is_new)
        <> (select count(*) from lake.intermediate.int_records_prepared)
        and not exists (
            from lake.intermediate.int_records_prepared as now
            where now.source_system = before.source_system and now.customer_key = before.customer_key
        );
    create or replace temp table gone as
    select * from lake.ops.identity_records
    where {{everything}} or record_no in (select record_no from came) or record_no in (select record_no from vanished);
    create or replace temp view present as
    select record_no, source_system, customer_key, record_kind, registered_on, dated_on, content_hash, {{hashes}}
    from stored where record_no not in (select record_no from gone)
    union all
    select record_no, source_system, customer_key, record_kind, registered_on, dated_on, content_hash, {{hashes}}
    from came
"""
_HASH_NAMES: Final = (
    "name_hash", "document_hash", "email_hash", "phone_hash", "login_hash", "address_hash", "merged_hash",
    "name_born_hash", "name_place_hash", "enquiry_hash",
)  # fmt: skip
_TOTAL: Final = """
    select power(2, round(log2(greatest(count(*), 2))))::bigint, count(*) from present where record_kind <> 'login'
"""
#: How many bear the values of some records. Names are shared by prospects too, the others are a customer's own.
_SHARING: Final = """
    create or replace temp table bearing_{name} as
    select {column} as value_hash, count(*) as bearers
    from present
    where {column} in (select {column} from {records} where {column} is not null) {only_customers}
    group by {column}
"""
_SHIFTED: Final = f"""
    create or replace temp table shifted as
    select stored.record_no, source_system, customer_key
    from stored
    left join bearing_name on bearing_name.value_hash = name_hash
    left join bearing_document on bearing_document.value_hash = document_hash
    left join bearing_email on bearing_email.value_hash = email_hash
    left join bearing_phone on bearing_phone.value_hash = phone_hash
    left join bearing_address on bearing_address.value_hash = address_hash
    where stored.record_no not in (select record_no from gone) and (
        power(2, round(log2(bearing_name.bearers)))::bigint <> stored.bearers
        or (bearing_document.bearers > {MOST_SHARING}) <> is_document_shared
        or (bearing_email.bearers > {MOST_SHARING}) <> is_email_shared
        or (bearing_phone.bearers > {MOST_SHARING}) <> is_phone_shared
        or (bearing_address.bearers > {model.MOST_AT_ADDRESS}) <> is_address_shared
    )
"""
_CHANGED: Final = f"""
    create or replace temp table changed as
    select came.* exclude (is_new) from came
    union all by name
    select shifted.record_no, prepared.*, {_HASHES}, {_MORE_HASHES}
    from lake.intermediate.int_records_prepared as prepared inner join shifted using (source_system, customer_key)
"""
_FLAGGED: Final = f"""
    create or replace temp table flagged as
    select changed.*,
        power(2, round(log2(bearing_name.bearers)))::bigint as bearers, $total::bigint as total,
        coalesce(bearing_document.bearers > {MOST_SHARING}, false) as is_document_shared,
        coalesce(bearing_email.bearers > {MOST_SHARING}, false) as is_email_shared,
        coalesce(bearing_phone.bearers > {MOST_SHARING}, false) as is_phone_shared,
        coalesce(bearing_address.bearers > {model.MOST_AT_ADDRESS}, false) as is_address_shared
    from changed
    left join bearing_name on bearing_name.value_hash = name_hash
    left join bearing_document on bearing_document.value_hash = document_hash
    left join bearing_email on bearing_email.value_hash = email_hash
    left join bearing_phone on bearing_phone.value_hash = phone_hash
    left join bearing_address on bearing_address.value_hash = address_hash
"""
_NEAR: Final = f"""
    create or replace temp table near as
    with others as (
        select * from stored
        where record_no not in (select record_no from gone) and record_no not in (select record_no from changed)
    )
    {{blocks}}
    union
    select others.record_no
    from others inner join changed
        on changed.source_system = others.source_system and changed.merged_into_key = others.customer_key
    union
    select record_no from others
    where merged_hash in (select hash(source_system, customer_key) from changed)
    union
    select others.record_no
    from others inner join changed
        on changed.enquiry_hash = others.enquiry_hash and changed.record_kind <> others.record_kind
        and abs(changed.dated_on - others.dated_on) <= {model.ENQUIRY_DAYS}
"""
_SCOPE: Final = """
    create or replace temp table scope as
    select *, true as is_changed from flagged
    union all by name
    select prepared.*, stored.record_no, stored.bearers, stored.total, stored.is_document_shared,
        stored.is_email_shared, stored.is_phone_shared, stored.is_address_shared, false as is_changed
    from lake.intermediate.int_records_prepared as prepared
    inner join stored using (source_system, customer_key)
    where stored.record_no in (select record_no from near)
"""
_VALUES: Final = ("name", "document", "email", "phone", "address")


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
    _count_bearers(con, "(from came union all by name from gone)")
    con.execute(_SHIFTED)
    con.execute(_CHANGED)
    _count_bearers(con, "changed")
    con.execute(_FLAGGED, {"total": total})
    blocks = [name for name in _HASH_NAMES if name not in {"name_hash", "merged_hash", "enquiry_hash"}]
    near = " union ".join(
        f"select record_no from others where {name} in (select {name} from changed where {name} is not null)"
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
        select record_no, source_system, customer_key, record_kind, registered_on, dated_on, content_hash,
            {", ".join(_HASH_NAMES)}, bearers, total, is_document_shared, is_email_shared, is_phone_shared,
            is_address_shared
        from flagged
        """
    )


def _compare_hashes(con: duckdb.DuckDBPyConnection, *, everything: bool) -> int:
    """Create `gone`, `came`, `vanished` and `present`; returns the records that are compared, as a power of two."""
    word = str(everything).lower()
    con.execute(_STORED.format(everything=word))
    con.execute(_DELTA.format(everything=word, hashes=", ".join(_HASH_NAMES)))
    return int(con.execute(_TOTAL).fetchall()[0][0])


def _count_bearers(con: duckdb.DuckDBPyConnection, records: str) -> None:
    for name in _VALUES:
        only = "" if name in {"name", "address"} else "and record_kind = 'customer'"
        con.execute(_SHARING.format(name=name, column=f"{name}_hash", records=records, only_customers=only))
