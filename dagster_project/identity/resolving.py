"""One resolution: records in, ids out, in temporary tables; what is kept is written in one transaction at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.failpoints import failpoint
from dagster_project.identity import model, scoring, state
from dagster_project.identity.decisions import Decision
from dagster_project.identity.reporting import describe, publish
from dagster_project.settings import Settings
from dagster_project.warehouse import transaction
from ml.identity import Clusters, Edges, Holdings, assign_ids, attach, cluster
from ml.identity.graph import DECIDED, RULED, SCORED, Bools, Ints, components

#: Records that may bear one e-mail or document; the same figure as the dbt variable identity_shared_limit.
MOST_SHARING: Final = 4

_DECIDED: Final = """
    create or replace temp table decided as
    with said as (
        select unnest($number::bigint[]) as number, unnest($action::varchar[]) as action,
            unnest($one_system::varchar[]) as one_system, unnest($one_key::varchar[]) as one_key,
            unnest($other_system::varchar[]) as other_system, unnest($other_key::varchar[]) as other_key
    ),
    placed as (
        select number, action, least(one.record_no, other.record_no) as left_no,
            greatest(one.record_no, other.record_no) as right_no
        from said
        inner join records as one on one.source_system = one_system and one.customer_key = one_key
        inner join records as other on other.source_system = other_system and other.customer_key = other_key
    )
    select left_no, right_no, arg_max(action, number) as action from placed group by left_no, right_no
"""
_EDGES: Final = f"""
    create or replace temp table edges as
    with rules as (
        select
            least(one.record_no, other.record_no) as left_no, greatest(one.record_no, other.record_no) as right_no,
            matched.rule as reason,
            matched.rule || case when occurrences > 1 then ' ' || occurrences || ' times' else '' end as evidence,
            weights.weight * least(occurrences, {model.MOST_OCCURRENCES}) as match_weight
        from lake.intermediate.int_records_matched as matched
        inner join (select unnest($rules) as rule, unnest($weights) as weight) as weights using (rule)
        inner join records as one
            on one.source_system = matched.left_system and one.customer_key = matched.left_key
        inner join records as other
            on other.source_system = matched.right_system and other.customer_key = matched.right_key
    ),
    everything as (
        select *, {RULED} as strength from rules
        union all by name
        select left_no, right_no, 'scored' as reason, evidence, match_weight, {SCORED} as strength
        from scored where match_weight >= {model.LINK_WEIGHT}
        union all by name
        select left_no, right_no, 'steward' as reason, 'decided' as evidence, null as match_weight,
            {DECIDED} as strength
        from decided where action = 'merge'
    )
    select row_number() over (order by left_no, right_no, strength, reason) - 1 as edge_no, everything.*,
        one.record_kind <> 'customer' as is_left_attached, other.record_kind <> 'customer' as is_right_attached
    from everything
    inner join records as one on one.record_no = left_no
    inner join records as other on other.record_no = right_no
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a resolution came to.

    Attributes:
        records: Source records.
        people: Different customer ids among them.
        moved: Records that came, went or changed their id.
        scored: Pairs that were scored anew.
        reviews: Questions to stewards.
    """

    records: int
    people: int
    moved: int
    scored: int
    reviews: int


def resolve(
    con: duckdb.DuckDBPyConnection, settings: Settings, decisions: Sequence[Decision], *, as_of: date, dry: bool = False
) -> Outcome:
    """Give every record of `intermediate.int_records_prepared` its customer_id at `as_of`.

    Args:
        con: Writable connection to both files with default catalog `lake`.
        settings: Where the copy of the ids goes.
        decisions: What stewards decided.
        as_of: Business date.
        dry: Leave the results in the temporary tables of the connection and write nothing.
    """
    if not dry:
        state.restore(con, settings)
    scoring.line_up(con, most_sharing=MOST_SHARING)
    scored = scoring.score(con)
    _place_decisions(con, decisions)
    con.execute(_EDGES, {"rules": list(model.RULE_WEIGHTS), "weights": list(model.RULE_WEIGHTS.values())})
    state.recall(con, as_of)
    _assign(con)
    describe(con)
    moved = state.plan(con, as_of)
    if not dry:
        with transaction(con):
            if moved or scored or _is_any_changed(con):
                state.keep(con, settings)
            publish(con, as_of)
            failpoint("identity.tables_filled")
        failpoint("identity.committed")
    [(records, people, reviews)] = con.execute(
        "select count(*), count(distinct customer_id), (select count(*) from reviews) from assigned"
    ).fetchall()
    return Outcome(records, people, moved, scored, reviews)


def share_keys(con: duckdb.DuckDBPyConnection) -> Outcome:
    """Where all systems share one customer number: it is the id, nothing is compared and nothing kept."""
    with transaction(con):
        con.execute("delete from lake.intermediate.customer_xref")
        con.execute(
            """
            insert into lake.intermediate.customer_xref
            select source_system, customer_key, try_cast(customer_key as bigint), 'customer', 'shared number',
                count(*) over (partition by try_cast(customer_key as bigint)), true
            from lake.conformed.customers where try_cast(customer_key as bigint) is not null
            """
        )
    [(records, people)] = con.execute(
        "select count(*), count(distinct customer_id) from lake.intermediate.customer_xref"
    ).fetchall()
    return Outcome(records, people, moved=0, scored=0, reviews=0)


def _place_decisions(con: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> None:
    rows = [
        (number, decision.action, *one, *other)
        for number, decision in enumerate(decisions)
        for one, other in decision.pairs
    ]
    names = ("number", "action", "one_system", "one_key", "other_system", "other_key")
    con.execute(_DECIDED, {name: [row[place] for row in rows] for place, name in enumerate(names)})


def _is_any_changed(con: duckdb.DuckDBPyConnection) -> bool:
    query = "select exists (from records where is_changed) or exists (from stale)"
    return bool(con.execute(query).fetchall()[0][0])


def _assign(con: duckdb.DuckDBPyConnection) -> None:
    """Create `assigned` (record_no, customer_id) and `verdicts` (edge_no, verdict of links that were let go)."""
    records = _columns(con, "select age, own_id from records order by record_no")
    clusters, verdicts = _clusters(con, len(records["age"]))
    ids = assign_ids(
        clusters,
        records["age"],
        records["own_id"],
        held=_holdings(con, "held"),
        formerly=_holdings(con, "formerly"),
        taken=_columns(con, "select customer_id from id_ranks order by customer_id")["customer_id"],
    )
    given = {"record_no": pa.array(np.arange(len(ids))), "customer_id": pa.array(ids)}
    for name, table in (("assigned", pa.table(given)), ("verdicts", pa.table(verdicts))):
        con.register("of_python", table)
        con.execute(f"create or replace temp table {name} as select * from of_python")
        con.unregister("of_python")


def _clusters(con: duckdb.DuckDBPyConnection, records: int) -> tuple[Ints, dict[str, pa.Array]]:
    """Label of each record. Customers are clustered first; an enquiry or a login then joins one cluster at most."""
    columns = _columns(
        con,
        "select left_no, right_no, strength, coalesce(match_weight, 0) as match_weight, is_left_attached, "
        "is_right_attached from edges order by edge_no",
    )
    edges = Edges(columns["left_no"], columns["right_no"], columns["strength"], columns["match_weight"])
    split = _columns(con, "select left_no, right_no from decided where action = 'split' order by left_no, right_no")
    apart = (split["left_no"], split["right_no"])
    left, right = columns["is_left_attached"], columns["is_right_attached"]
    # Two enquiries, or two logins, are one person only if a steward says so.
    firm = (~left & ~right) | (left & right & (edges.strength == DECIDED))
    base: Clusters = cluster(records, edges.where(firm), apart=apart)
    too_many = _spread(firm, base.too_many)
    kept = firm & ~too_many & ~_spread(firm, base.refused)
    single = left ^ right
    ambiguous = np.zeros(len(edges), dtype=np.bool_)
    if single.any():
        attached = np.where(left, edges.left, edges.right)[single]
        others = base.label[np.where(left, edges.right, edges.left)[single]]
        allowed = ~_is_apart(base.label[attached], others, apart, base.label)
        chosen = attach(edges.where(single).where(allowed), base.label[attached][allowed], others[allowed])
        kept |= _spread(single, _spread(allowed, chosen.kept))
        ambiguous = _spread(single, _spread(allowed, chosen.ambiguous))
    label = components(records, edges.left[kept], edges.right[kept])
    let_go = np.flatnonzero(too_many | ambiguous)
    words = np.where(too_many[let_go], "too_many", "ambiguous")
    return label, {"edge_no": pa.array(let_go, pa.int64()), "verdict": pa.array(words, pa.string())}


def _is_apart(one: Ints, other: Ints, apart: tuple[Ints, Ints], label: Ints) -> Bools:
    """Whether a steward keeps the two clusters apart, pair by pair."""
    if not len(apart[0]):
        return np.zeros(len(one), dtype=np.bool_)
    size = len(label)
    forbidden = np.concatenate([label[apart[0]] * size + label[apart[1]], label[apart[1]] * size + label[apart[0]]])
    return np.isin(one * size + other, forbidden)


def _spread(where: Bools, values: Bools) -> Bools:
    """A mask of the entries of `where`, as a mask of all."""
    mask = np.zeros(len(where), dtype=np.bool_)
    mask[where] = values
    return mask


def _holdings(con: duckdb.DuckDBPyConnection, table: str) -> Holdings:
    found = _columns(
        con, f"select record_no, customer_id, id_rank from {table} inner join id_ranks using (customer_id) order by all"
    )
    return Holdings(found["record_no"], found["customer_id"], found["id_rank"])


def _columns(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, np.ndarray]:
    """Columns of a query as numbers; integers are 64 bits wide."""
    table = con.sql(query).to_arrow_table()
    found = {}
    for name in table.column_names:
        values = table[name].to_numpy()
        found[name] = values.astype(np.int64) if values.dtype.kind == "i" else values
    return found
