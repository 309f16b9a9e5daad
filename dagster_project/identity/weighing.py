"""How much the values of records tell, and which records have to be looked at because of what came or went.

A value tells less, the more records bear it. Temporary tables of one connection, beside those of `changing`:

    weighed    what came, and stored records that bear the same values, with what these tell now
    changed    (view) of those, who is compared with everybody alike: new, or with a value that tells otherwise
    commoner   (view) of those, who only bears a name that tells less than before: known scores are taken anew
    scope      both (`scored_anew`), and all that share a block or a value with one, with their attributes
"""

from __future__ import annotations

from typing import Final

import duckdb

from dagster_project.identity import model
from dagster_project.identity.changing import BLOCK_HASHES, KNOWN, WEIGHING, Changes

#: Records that may bear one ID number, e-mail or phone; the dbt variable identity_shared_limit is the same figure.
MOST_SHARING: Final = 4
#: How many may bear a value before it tells nothing; of a name it is told how many do.
_MOST: Final = {
    "document": MOST_SHARING,
    "email": MOST_SHARING,
    "phone": MOST_SHARING,
    "address": model.MOST_AT_ADDRESS,
}
#: How many bear the values of what came or went. Names are shared by prospects too, the others are a customer's own.
_BEARING: Final = """
    create or replace temp table bearing_{name} as
    with touched as (
        select distinct {name}_hash as value_hash from {turned} where {name}_hash is not null
    ),
    counted as (
        select {name}_hash as value_hash, 1 as bearers from {rows} where {name}_hash in (from touched) {only_customers}
        union all
        select {name}_hash, -1 from gone where {name}_hash is not null and not {everything} {only_customers}
        union all
        select {name}_hash, 1 from came where {name}_hash is not null {only_customers}
    )
    select value_hash, coalesce(sum(counted.bearers), 0)::bigint as bearers
    from touched left join counted using (value_hash) group by value_hash
"""
_NAME_BEARERS: Final = "power(2, round(log2(nullif(bearing_name.bearers, 0))))::bigint"
_BLOCKS: Final = " union all ".join(
    f"select record_no from stored where {name} in (select {name} from {{of}} where {name} is not null)"
    for name in BLOCK_HASHES
)
#: Stored records that share a block or a value with one of `{of}`.
_MEETING: Final = f"""
    {_BLOCKS}
    union all
    select record_no from stored where key_hash in (select merged_hash from {{of}} where merged_hash is not null)
    union all
    select record_no from stored where merged_hash in (select key_hash from {{of}})
    union all
    select stored.record_no
    from stored inner join {{of}} as one
        on one.enquiry_hash = stored.enquiry_hash and one.record_kind <> stored.record_kind
        and abs(one.dated_on - stored.dated_on) <= {model.ENQUIRY_DAYS}
"""
#: Who may weigh otherwise: who meets what came or went, and whose name is rarer or commoner by a power of two.
_ALIKE: Final = f"""
    create or replace temp table met as select distinct record_no from ({_MEETING.format(of="turned")});
    create or replace temp table alike as
    select {KNOWN}, {WEIGHING} from stored where record_no in (
        select record_no from met
        union all
        select record_no from stored inner join bearing_name on bearing_name.value_hash = name_hash
        where {_NAME_BEARERS} <> stored.bearers
    )
"""
_FLAGS: Final = tuple(f"is_{name}_shared" for name in _MOST)
_FLAGS_NOW: Final = ", ".join(
    f"coalesce(bearing_{name}.bearers > {most}, is_{name}_shared) as is_{name}_shared_now"
    for name, most in _MOST.items()
)
#: A value that nothing gained or lost is borne by as many as before.
_WEIGHED: Final = f"""
    create or replace temp table weighed as
    with before as (
        select {KNOWN}, null::bigint as bearers, {", ".join(f"false as {flag}" for flag in _FLAGS)}, true as has_come
        from came
        union all
        select {KNOWN}, bearers, {", ".join(_FLAGS)}, false
        from alike where record_no not in (select record_no from gone)
    ),
    now as (
        select before.*, coalesce({_NAME_BEARERS}, before.bearers) as bearers_now, {_FLAGS_NOW}
        from before left join bearing_name on bearing_name.value_hash = name_hash
        {" ".join(f"left join bearing_{name} on bearing_{name}.value_hash = {name}_hash" for name in _MOST)}
    )
    select {KNOWN}, $total::bigint as total, bearers_now as bearers,
        {", ".join(f"{flag}_now as {flag}" for flag in _FLAGS)}, has_come,
        has_come or coalesce(bearers_now < bearers, false)
            or {" or ".join(f"{flag}_now <> {flag}" for flag in _FLAGS)} as is_changed,
        coalesce(bearers_now > bearers, false) as is_commoner
    from now
"""
#: A commoner name makes a pair less likely: only pairs that were likely before have to be scored anew.
_CHANGED: Final = """
    create or replace temp view changed as from weighed where is_changed;
    create or replace temp view commoner as from weighed where is_commoner and not is_changed;
    create or replace temp view scored_anew as from weighed where is_changed or is_commoner;
    create or replace temp view shifted as from changed where not has_come;
"""
_NEAR: Final = """
    create or replace temp table near as
    with found as (
        select record_no from met
        union all
        {meeting_shifted}
        union all
        select left_no from lake.ops.identity_edges
        where reason = 'scored' and right_no in (select record_no from commoner)
        union all
        select right_no from lake.ops.identity_edges
        where reason = 'scored' and left_no in (select record_no from commoner)
    )
    select distinct record_no from found
    where record_no not in (select record_no from scored_anew)
        and record_no not in (select record_no from gone)
"""
_NOBODY: Final = "select record_no from shifted where false"
_SCOPE: Final = f"""
    create or replace temp table looked_at as
    select content_hash, record_no, {WEIGHING}, true as is_changed from scored_anew
    union all
    select content_hash, record_no, {WEIGHING}, false from stored where record_no in (select record_no from near);
    create or replace temp table scope as
    select prepared.*, record_no, {WEIGHING}, is_changed
    from lake.intermediate.int_records_prepared as prepared
    inner join looked_at using (content_hash)
"""


def weigh(con: duckdb.DuckDBPyConnection, changes: Changes) -> None:
    """Create the tables of this module from those of `changing`."""
    _count_bearers(con, "name", "stored", changes)
    con.execute(_ALIKE)
    for name in _MOST:
        _count_bearers(con, name, "alike", changes)
    con.execute(_WEIGHED, {"total": changes.total})
    con.execute(_CHANGED)
    # Rare: a value that became shared, or a name that lost somebody.
    [(is_any_shifted,)] = con.execute("select exists (from shifted)").fetchall()
    con.execute(_NEAR.format(meeting_shifted=_MEETING.format(of="shifted") if is_any_shifted else _NOBODY))
    con.execute(_SCOPE)


def keep(con: duckdb.DuckDBPyConnection) -> None:
    """Remember what was compared, in the caller's transaction."""
    con.execute(
        """
        delete from lake.ops.identity_records where record_no in (
            select record_no from gone union all select record_no from scored_anew
        )
        """
    )
    con.execute(
        f"""
        insert into lake.ops.identity_records by name
        select {KNOWN}, {WEIGHING} from scored_anew
        """
    )


def _count_bearers(con: duckdb.DuckDBPyConnection, name: str, rows: str, changes: Changes) -> None:
    """Create `bearing_<name>` (value_hash, bearers); `rows` holds at least all that bear one of the values."""
    only_customers = "" if name in {"name", "address"} else "and record_kind = 'customer'"
    con.execute(
        _BEARING.format(
            name=name,
            rows=rows,
            turned="came" if changes.everything else "turned",
            only_customers=only_customers,
            everything=str(changes.everything).lower(),
        )
    )
