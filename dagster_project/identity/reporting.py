"""What a resolution says to others: whose each record is and why, links, redirects, questions to stewards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb

from dagster_project.identity import model

_LEAST_WEIGHT: Final = model.least_weight("one.record_kind", "other.record_kind")
#: Links with what became of them; and the questions that remain. Left is the record whose system and key come first.
_LINKS: Final = """
    create or replace temp table links as
    select edges.*, one.customer_id = other.customer_id as is_used, one.record_no as left_no,
        other.record_no as right_no
    from edges
    inner join standing as one on one.position = left_place
    inner join standing as other on other.position = right_place
"""
_STANDING: Final = """
    create or replace temp table standing as
    select affected.*, assigned.customer_id,
        record_kind <> 'customer' and bool_or(record_kind = 'customer') over person as is_settled,
        bool_or(record_kind = 'customer') over person as is_customer, count(*) over person as record_count
    from affected inner join assigned using (record_no)
    window person as (partition by assigned.customer_id)
"""
_REVIEWS: Final = f"""
    create or replace temp table reviews as
    with asked as (
        select left_place, right_place, verdict as review_kind, evidence, match_weight
        from links inner join verdicts using (edge_no)
        where not is_used
        union all by name
        select least(one.position, other.position) as left_place, greatest(one.position, other.position) as right_place,
            'uncertain' as review_kind, evidence, match_weight
        from tied_edges
        inner join standing as one on one.record_no = left_no
        inner join standing as other on other.record_no = right_no
        where reason = 'scored' and match_weight < {_LEAST_WEIGHT} and one.customer_id <> other.customer_id
    )
    select one.record_no as left_no, other.record_no as right_no, one.position as left_place, min(review_kind)
            as review_kind, arg_max(evidence, coalesce(match_weight, 0)) as evidence, max(match_weight) as match_weight
    from asked
    inner join standing as one on one.position = left_place
    inner join standing as other on other.position = right_place
    -- An enquiry or a login that found its person raises no question about others.
    where not one.is_settled and not other.is_settled
        and (least(one.record_no, other.record_no), greatest(one.record_no, other.record_no)) not in (
            select (left_no, right_no) from decided
        )
    group by one.record_no, other.record_no, one.position
"""
#: The records of which something may be said anew: rows about others stay as they are.
_REPLACED: Final = """
    create or replace temp view replaced as
    select source_system, customer_key from affected union all select source_system, customer_key from vanished
"""
_XREF: Final = """
    delete from lake.intermediate.customer_xref
    -- By number first: what a record bears here is among the numbers that it ever bore, and numbers compare faster.
    where $everything or (
        customer_id in (select customer_id from theirs)
        and (source_system, customer_key) in (select (source_system, customer_key) from replaced)
    );
    insert into lake.intermediate.customer_xref
    with ties as (
        select left_no as record_no, reason, strength, match_weight from links where is_used
        union all
        select right_no, reason, strength, match_weight from links where is_used
    ),
    strongest as (
        select record_no, reason from (
            select *, row_number() over (
                partition by record_no order by strength desc, match_weight desc nulls last, reason
            ) as place
            from ties
        ) where place = 1
    )
    select source_system, customer_key, customer_id, record_kind, coalesce(reason, 'single'), record_count, is_customer
    from standing left join strongest using (record_no)
    order by source_system, customer_key;
"""
#: Its own table, so that what follows is planned for the few that they are.
_ENDED: Final = """
    create or replace temp table ended as
    select key_hash, customer_id, valid_to_on as ended_on
    from lake.ops.customer_ids where valid_from_on <= $as_of and valid_to_on <= $as_of
"""
_REDIRECTS: Final = """
    delete from lake.intermediate.customer_redirects;
    insert into lake.intermediate.customer_redirects
    with borne as not materialized (
        select key_hash, customer_id
        from lake.ops.customer_ids where valid_from_on <= $as_of and (valid_to_on is null or valid_to_on > $as_of)
    ),
    retired as (
        select customer_id, max(ended_on) as retired_on from ended
        where customer_id not in (select customer_id from borne semi join ended using (customer_id))
        group by customer_id
    ),
    holders as (
        select retired.customer_id as retired_customer_id, retired_on, borne.customer_id, count(*) as record_count
        from retired
        inner join ended on ended.customer_id = retired.customer_id and ended.ended_on = retired_on
        inner join borne using (key_hash)
        group by all
    )
    select retired_customer_id, customer_id, record_count, retired_on
    from (
        select *, row_number() over (
            partition by retired_customer_id order by record_count desc, customer_id
        ) as place
        from holders
    ) where place = 1
    order by retired_customer_id;
"""
_PAIRS: Final = """
    delete from lake.intermediate.{table} where $everything or rowid in (
        select rowid from lake.intermediate.{table}
        where (left_system, left_key) in (select (source_system, customer_key) from replaced)
        union all
        select rowid from lake.intermediate.{table}
        where (right_system, right_key) in (select (source_system, customer_key) from replaced)
    );
    insert into lake.intermediate.{table} by name
    select {columns}, one.source_system as left_system, one.customer_key as left_key,
        other.source_system as right_system, other.customer_key as right_key, evidence, match_weight
    from {pairs}
    inner join standing as one on one.record_no = left_no
    inner join standing as other on other.record_no = right_no
    order by one.position, other.position
"""
_REVIEW_ID: Final = """
    substr(md5(cast(
        row(one.source_system, one.customer_key, other.source_system, other.customer_key) as varchar
    )), 1, 12) as review_id
"""
_CHANGES: Final = """
    select
        case when old_id in (select customer_id from assigned) then 'split' else 'merge' end as kind, old_id, new_id,
        count(*) as record_count, min(customer_key) as example
    from (
        select held.customer_id as old_id, assigned.customer_id as new_id, customer_key
        from held inner join assigned using (record_no) inner join affected using (record_no)
        where held.customer_id <> assigned.customer_id
    )
    group by old_id, new_id
    order by record_count desc, old_id, new_id
"""


def describe(con: duckdb.DuckDBPyConnection) -> None:
    """Create `standing`, `links` and `reviews` from what was decided about the records."""
    for query in (_STANDING, _LINKS, _REVIEWS, _REPLACED):
        con.execute(query)


def publish(con: duckdb.DuckDBPyConnection, as_of: date, *, everything: bool) -> None:
    """Bring the tables of `intermediate` that dbt reads up to date, in the caller's transaction."""
    word = str(everything).lower()
    con.execute(_XREF.replace("$everything", word))
    con.execute(_ENDED, {"as_of": as_of})
    con.execute(_REDIRECTS, {"as_of": as_of})
    pairs = _PAIRS.replace("$everything", word)
    con.execute(pairs.format(table="identity_links", pairs="links", columns="reason, is_used"))
    con.execute(pairs.format(table="identity_reviews", pairs="reviews", columns=f"review_kind, {_REVIEW_ID}"))


@dataclass(frozen=True, slots=True)
class Change:
    """Records that would move from one id to another.

    Attributes:
        kind: `merge`: nobody would bear the old id any more; `split`: others would go on bearing it.
        old_id, new_id: From and to.
        records: How many.
        example: One of them, by its key.
    """

    kind: str
    old_id: int
    new_id: int
    records: int
    example: str


def changes(con: duckdb.DuckDBPyConnection) -> list[Change]:
    """What a resolution that is still in its temporary tables would change, largest first."""
    return [Change(*row) for row in con.execute(_CHANGES).fetchall()]
