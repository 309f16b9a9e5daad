"""What a resolution says to others: whose each record is and why, links, redirects, questions to stewards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb

from dagster_project.identity import model

#: Links with what became of them; and the questions that remain.
_LINKS: Final = """
    create or replace temp table links as
    select edges.*, one.customer_id = other.customer_id as is_used
    from edges
    inner join assigned as one on one.record_no = left_no
    inner join assigned as other on other.record_no = right_no
"""
_REVIEWS: Final = f"""
    create or replace temp table reviews as
    with asked as (
        select left_no, right_no, verdict as review_kind, evidence, match_weight
        from links inner join verdicts using (edge_no)
        where not is_used
        union all by name
        select left_no, right_no, 'uncertain' as review_kind, evidence, match_weight
        from scored
        inner join assigned as one on one.record_no = left_no
        inner join assigned as other on other.record_no = right_no
        where match_weight < {model.LINK_WEIGHT} and one.customer_id <> other.customer_id
    ),
    -- An enquiry or a login that found its person raises no question about others.
    settled as (
        select record_no from assigned inner join records using (record_no)
        where record_kind <> 'customer' and customer_id in (
            select customer_id from assigned inner join records using (record_no) where record_kind = 'customer'
        )
    )
    select left_no, right_no, min(review_kind) as review_kind, arg_max(evidence, coalesce(match_weight, 0)) as evidence,
        max(match_weight) as match_weight
    from asked
    where left_no not in (select record_no from settled) and right_no not in (select record_no from settled)
        and (left_no, right_no) not in (select (left_no, right_no) from decided)
    group by left_no, right_no
"""
_XREF: Final = """
    delete from lake.intermediate.customer_xref;
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
    ),
    people as (
        select customer_id, count(*) as record_count, bool_or(record_kind = 'customer') as is_customer
        from assigned inner join records using (record_no) group by customer_id
    )
    select source_system, customer_key, customer_id, record_kind, coalesce(reason, 'single'), record_count, is_customer
    from assigned
    inner join records using (record_no)
    inner join people using (customer_id)
    left join strongest using (record_no)
    order by source_system, customer_key;
"""
_HISTORY: Final = """
    delete from lake.intermediate.customer_id_history;
    insert into lake.intermediate.customer_id_history
    select source_system, customer_key, customer_id, valid_from_on,
        case when valid_to_on <= $as_of then valid_to_on end
    from lake.ops.customer_ids where valid_from_on <= $as_of
    order by source_system, customer_key, valid_from_on;
"""
_REDIRECTS: Final = """
    delete from lake.intermediate.customer_redirects;
    insert into lake.intermediate.customer_redirects
    with history as (
        select * from lake.intermediate.customer_id_history
    ),
    retired as (
        select customer_id, max(valid_to_on) as retired_on from history
        group by customer_id having count(*) = count(valid_to_on)
    ),
    holders as (
        select retired.customer_id as retired_customer_id, retired_on, assigned.customer_id, count(*) as record_count
        from retired
        inner join history on history.customer_id = retired.customer_id and history.valid_to_on = retired_on
        inner join records using (source_system, customer_key)
        inner join assigned using (record_no)
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
    delete from lake.intermediate.identity_links;
    insert into lake.intermediate.identity_links
    select one.source_system, one.customer_key, other.source_system, other.customer_key, reason, evidence,
        match_weight, is_used
    from links
    inner join records as one on one.record_no = left_no
    inner join records as other on other.record_no = right_no
    order by edge_no;
    delete from lake.intermediate.identity_reviews;
    insert into lake.intermediate.identity_reviews
    select
        substr(md5(cast(row(one.source_system, one.customer_key, other.source_system, other.customer_key) as varchar)),
            1, 12),
        review_kind, one.source_system, one.customer_key, other.source_system, other.customer_key, evidence,
        match_weight
    from reviews
    inner join records as one on one.record_no = left_no
    inner join records as other on other.record_no = right_no
    order by left_no, right_no;
"""

_CHANGES: Final = """
    select
        case when old_id in (select customer_id from assigned) then 'split' else 'merge' end as kind, old_id, new_id,
        count(*) as record_count, min(customer_key) as example
    from (
        select held.customer_id as old_id, assigned.customer_id as new_id, customer_key
        from held inner join assigned using (record_no) inner join records using (record_no)
        where held.customer_id <> assigned.customer_id
    )
    group by old_id, new_id
    order by record_count desc, old_id, new_id
"""


def describe(con: duckdb.DuckDBPyConnection) -> None:
    """Create `links` and `reviews` from what was decided about the records."""
    con.execute(_LINKS)
    con.execute(_REVIEWS)


def publish(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Fill the tables of `intermediate` that dbt reads, in the caller's transaction."""
    con.execute(_XREF)
    con.execute(_HISTORY, {"as_of": as_of})
    con.execute(_REDIRECTS)
    con.execute(_PAIRS)


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
