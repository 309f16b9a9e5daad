"""Links between records: kept ones of unchanged records, and what rules and scores say about the changed ones.

Temporary tables of one connection: `decided`, the last word of stewards on each pair; `fresh_edges`, the links of
changed records and the scores of commoner names; `current_edges` (view), every link as of now; `stirred`, records whose
links are not what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from dagster_project.errors import ConfigurationError
from dagster_project.identity import model
from dagster_project.identity.decisions import Decision

#: Rules that look at events, not at records: a new event links records that did not change.
_OF_EVENTS: Final = ("web_order",)
#: The view of dbt reads all records; in scope is what has to be looked at.
_ALL_RECORDS: Final = "intermediate.int_records_prepared"

_SAID: Final = """
    create or replace temp table said as
    select unnest($number::bigint[]) as number, unnest($action::varchar[]) as action,
        unnest($one_system::varchar[]) as one_system, unnest($one_key::varchar[]) as one_key,
        unnest($other_system::varchar[]) as other_system, unnest($other_key::varchar[]) as other_key
"""
_DECIDED: Final = f"""
    create or replace temp table decided as
    with hashed as (
        select number, action, {model.key_hash("one_system", "one_key")} as one_hash,
            {model.key_hash("other_system", "other_key")} as other_hash
        from said
    ),
    ends as (
        select record_no, key_hash from present
        where key_hash in (select one_hash from hashed union all select other_hash from hashed)
    ),
    placed as (
        select number, action, least(one.record_no, other.record_no) as left_no,
            greatest(one.record_no, other.record_no) as right_no
        from hashed
        inner join ends as one on one.key_hash = one_hash
        inner join ends as other on other.key_hash = other_hash
    )
    select left_no, right_no, arg_max(action, number) as action from placed group by left_no, right_no
"""
_FRESH: Final = f"""
    create or replace temp table fresh_edges as
    with hashed as (
        select *, {model.key_hash("left_system", "left_key")} as left_hash,
            {model.key_hash("right_system", "right_key")} as right_hash
        from matched
    ),
    ends as (
        select record_no, key_hash from present
        where key_hash in (select left_hash from hashed union all select right_hash from hashed)
    )
    select least(one.record_no, other.record_no) as left_no, greatest(one.record_no, other.record_no) as right_no,
        rule as reason, weights.weight * least(occurrences, {model.MOST_OCCURRENCES}) as match_weight,
        rule || case when occurrences > 1 then ' ' || occurrences || ' times' else '' end as evidence
    from hashed
    inner join (select unnest($rules) as rule, unnest($weights) as weight) as weights using (rule)
    inner join ends as one on one.key_hash = left_hash
    inner join ends as other on other.key_hash = right_hash
    where list_contains($of_events, rule) or one.record_no in (select record_no from changed)
        or other.record_no in (select record_no from changed)
    union all by name
    select left_no, right_no, 'scored' as reason, match_weight, evidence from scored
"""
#: Stored links that say nothing any more.
_STALE: Final = f"""
    left_no in (from restless) or right_no in (from restless)
    or reason in ({", ".join(f"'{rule}'" for rule in _OF_EVENTS)})
    or reason = 'scored' and (left_no in (from rescored) or right_no in (from rescored))
"""
_CURRENT: Final = """
    create or replace temp view restless as
    select record_no from changed union all select record_no from vanished;
    create or replace temp view rescored as select record_no from commoner;
    create or replace temp table stale_edges as
    select rowid as place, * from lake.ops.identity_edges where {stale};
    create or replace temp view current_edges as
    select * from lake.ops.identity_edges where rowid not in (select place from stale_edges)
    union all
    select * from fresh_edges;
    create or replace temp table stirred as
    with other_edges as (
        (select * exclude (place) from stale_edges except from fresh_edges)
        union all
        (from fresh_edges except select * exclude (place) from stale_edges)
    )
    select left_no as record_no from other_edges
    union select right_no from other_edges
    union select record_no from came where is_new or {everything}
    union select record_no from vanished
    union select left_no from decided
    union select right_no from decided
"""


def link(con: duckdb.DuckDBPyConnection, decisions: Sequence[Decision], *, everything: bool) -> None:
    """Create the tables of this module from `scope` and `scored`; no link of before counts if `everything` changed."""
    rows = [
        (number, decision.action, *one, *other)
        for number, decision in enumerate(decisions)
        for one, other in decision.pairs
    ]
    names = ("number", "action", "one_system", "one_key", "other_system", "other_key")
    con.execute(_SAID, {name: [row[place] for row in rows] for place, name in enumerate(names)})
    con.execute(_DECIDED)
    con.execute(f"create or replace temp table matched as {_rules_in_scope(con)}")
    con.execute(
        _FRESH,
        {
            "rules": list(model.RULE_WEIGHTS),
            "weights": list(model.RULE_WEIGHTS.values()),
            "of_events": list(_OF_EVENTS),
        },
    )
    con.execute(_CURRENT.format(stale="true" if everything else _STALE, everything=str(everything).lower()))


def keep(con: duckdb.DuckDBPyConnection) -> None:
    """Remember the links, in the caller's transaction."""
    con.execute("delete from lake.ops.identity_edges where rowid in (select place from stale_edges)")
    con.execute("insert into lake.ops.identity_edges by name select * from fresh_edges")


def _rules_in_scope(con: duckdb.DuckDBPyConnection) -> str:
    """The query of dbt's `int_records_matched`, over the records in scope instead of all.

    Raises:
        ConfigurationError: the view is not there or reads other tables than it did.
    """
    found = con.execute(
        "select sql from duckdb_views() where database_name = 'lake' and schema_name = 'intermediate' "
        "and view_name = 'int_records_matched'"
    ).fetchall()
    query = found[0][0].partition(" AS ")[2].rstrip("; \n") if found else ""
    if query.count(_ALL_RECORDS) != 1:
        raise ConfigurationError(
            f"int_records_matched must read {_ALL_RECORDS} in one place", "correct the model, then `tenure run`"
        )
    return str(query.replace(_ALL_RECORDS, "temp.main.scope"))
