"""One resolution: records in, ids out, in temporary tables; what is kept is written in one transaction at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.failpoints import failpoint
from dagster_project.identity import changing, linking, model, reporting, scoring, state, weighing
from dagster_project.identity.changing import Changes
from dagster_project.identity.decisions import Decision
from dagster_project.settings import Settings
from dagster_project.warehouse import transaction
from ml.identity import Clusters, Edges, Holdings, assign_ids, attach, cluster
from ml.identity.graph import DECIDED, RULED, SCORED, Bools, Ints, components

#: Records that the changes concern, and everybody whom a link or an id ties to one of them, in the order of their keys.
_AFFECTED: Final = """
    create or replace temp table affected as
    select
        row_number() over (order by source_system, customer_key) - 1 as position,
        row_number() over (order by registered_on nulls last, source_system, customer_key) - 1 as age,
        ('0x' || substr(md5(source_system || '|' || customer_key), 1, 13))::bigint as own_id,
        record_no, source_system, customer_key, key_hash, record_kind, registered_on
    from present where record_no in (select record_no from of_python)
"""
_EDGES: Final = f"""
    create or replace temp table tied_edges as
    select * from current_edges where left_no in (select record_no from affected);
    create or replace temp table edges as
    with everything as (
        select *, case when reason = 'scored' then {SCORED} else {RULED} end as strength from tied_edges
        union all by name
        select left_no, right_no, 'steward' as reason, null as match_weight, 'decided' as evidence,
            {DECIDED} as strength
        from decided where action = 'merge'
    ),
    placed as (
        select
            least(one.position, other.position) as left_place, greatest(one.position, other.position) as right_place,
            reason, match_weight, evidence, strength
        from everything
        inner join affected as one on one.record_no = left_no
        inner join affected as other on other.record_no = right_no
        where reason <> 'scored' or match_weight >= {model.least_weight("one.record_kind", "other.record_kind")}
    )
    select row_number() over (order by left_place, right_place, strength, reason) - 1 as edge_no, placed.*,
        one.record_kind <> 'customer' as is_left_attached, other.record_kind <> 'customer' as is_right_attached
    from placed
    inner join affected as one on one.position = left_place
    inner join affected as other on other.position = right_place
"""
_APART: Final = """
    select least(one.position, other.position) as left_place, greatest(one.position, other.position) as right_place
    from decided
    inner join affected as one on one.record_no = left_no
    inner join affected as other on other.record_no = right_no
    where action = 'split'
    order by all
"""
#: Numbers that a new id must not be: those ever given that one of the records would found.
_TAKEN: Final = (
    "select distinct customer_id from lake.ops.customer_ids where customer_id in (select own_id from affected)"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a resolution came to.

    Attributes:
        records: Source records.
        affected: Of these, records that were looked at.
        moved: Records that came, went or changed their id.
        scored: Pairs that were scored anew.
        reviews: Questions to stewards about the records that were looked at.
    """

    records: int
    affected: int
    moved: int
    scored: int
    reviews: int


def resolve(
    con: duckdb.DuckDBPyConnection, settings: Settings, decisions: Sequence[Decision], *, as_of: date, dry: bool = False
) -> Outcome:
    """Give every record of `intermediate.int_records_prepared` its customer_id at `as_of`.

    Args:
        con: Connection to both files with default catalog `lake`; writable unless `dry`.
        settings: Where the copy of the ids goes.
        decisions: What stewards decided.
        as_of: Business date.
        dry: Leave the results in the temporary tables of the connection and write nothing.
    """
    if not dry:
        state.restore(con, settings)
    changes = changing.find_changes(con, as_of)
    everything = changes.everything
    weighing.weigh(con, changes)
    scored = scoring.score(con)
    linking.link(con, decisions, everything=everything)
    affected = _gather(con, as_of, changes)
    con.execute(_EDGES)
    state.recall(con)
    _assign(con)
    reporting.describe(con)
    moved = state.plan(con, as_of)
    reviews = con.execute("select count(*) from reviews").fetchall()[0][0]
    if not dry:
        with _at_once(con):
            weighing.keep(con)
            scoring.keep(con, scored)
            linking.keep(con)
            state.keep(con, settings, as_of, moved=moved)
            reporting.publish(con, as_of, everything=everything)
    return Outcome(changes.records, affected, moved, scored.pairs, reviews)


def share_keys(con: duckdb.DuckDBPyConnection) -> Outcome:
    """Where all systems share one customer number: it is the id, nothing is compared and nothing kept."""
    with _at_once(con):
        con.execute("delete from lake.intermediate.customer_xref")
        con.execute(
            """
            insert into lake.intermediate.customer_xref
            select source_system, customer_key, try_cast(customer_key as bigint), 'customer', 'shared number',
                count(*) over (partition by try_cast(customer_key as bigint)), true
            from lake.conformed.customers where try_cast(customer_key as bigint) is not null
            """
        )
    records = con.execute("select count(*) from lake.intermediate.customer_xref").fetchall()[0][0]
    return Outcome(records, records, moved=0, scored=0, reviews=0)


@contextmanager
def _at_once(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All that a resolution writes, or nothing of it."""
    with transaction(con):
        yield
        failpoint("identity.tables_filled")
    failpoint("identity.committed")


def _gather(con: duckdb.DuckDBPyConnection, as_of: date, changes: Changes) -> int:
    """Create `affected`, all whom links or ids tie to a record whose links changed, and what `state.hold` leaves.

    Returns:
        How many records are affected.
    """
    edges = _columns(con, "select left_no, right_no from current_edges")
    left, right = edges["left_no"], edges["right_no"]
    stirred = _columns(con, "select record_no from stirred")["record_no"]
    reached = np.zeros(max(changes.highest + 1, stirred.max(initial=-1) + 1), dtype=np.bool_)
    reached[stirred] = True
    while True:
        tied = reached[left] | reached[right]
        while (tied & ~(reached[left] & reached[right])).any():
            reached[left[tied]] = reached[right[tied]] = True
            tied = reached[left] | reached[right]
        _register(con, "affected", _AFFECTED, {"record_no": np.flatnonzero(reached)})
        tied_by_id = state.hold(con, as_of, everything=changes.everything)
        if not tied_by_id:
            return int(con.execute("select count(*) from affected").fetchall()[0][0])
        reached[tied_by_id] = True


def _assign(con: duckdb.DuckDBPyConnection) -> None:
    """Create `assigned` (record_no, customer_id) and `verdicts` (edge_no, verdict of links that were let go)."""
    records = _columns(con, "select record_no, age, own_id from affected order by position")
    label, verdicts = _clusters(con, len(records["age"]))
    ids = assign_ids(
        label,
        records["age"],
        records["own_id"],
        held=_holdings(con, "held"),
        formerly=_holdings(con, "formerly"),
        taken=np.concatenate(
            [_columns(con, query)["customer_id"] for query in (_TAKEN, "select customer_id from id_ranks")]
        ),
    )
    _register(con, "assigned", None, {"record_no": records["record_no"], "customer_id": ids})
    _register(con, "verdicts", None, verdicts)


def _clusters(con: duckdb.DuckDBPyConnection, records: int) -> tuple[Ints, dict[str, np.ndarray]]:
    """Label of each record. Customers are clustered first; an enquiry or a login then joins one cluster at most."""
    columns = _columns(
        con,
        "select left_place, right_place, strength, coalesce(match_weight, 0) as match_weight, is_left_attached, "
        "is_right_attached from edges order by edge_no",
    )
    edges = Edges(columns["left_place"], columns["right_place"], columns["strength"], columns["match_weight"])
    split = _columns(con, _APART)
    apart = (split["left_place"], split["right_place"])
    left, right = columns["is_left_attached"], columns["is_right_attached"]
    # Two enquiries, or two logins, are one person only if a steward says so.
    firm = (~left & ~right) | (left & right & (edges.strength == DECIDED))
    base: Clusters = cluster(records, edges.where(firm), apart=apart)
    too_many = _spread(firm, base.too_many)
    kept = firm & ~too_many & ~_spread(firm, base.refused)
    single = left ^ right
    ambiguous = np.zeros(len(edges), dtype=np.bool_)
    if single.any():
        attached = base.label[np.where(left, edges.left, edges.right)[single]]
        others = base.label[np.where(left, edges.right, edges.left)[single]]
        allowed = ~_is_apart(attached, others, apart, base.label)
        chosen = attach(edges.where(single).where(allowed), attached[allowed], others[allowed])
        kept |= _spread(single, _spread(allowed, chosen.kept))
        ambiguous = _spread(single, _spread(allowed, chosen.ambiguous))
    label = components(records, edges.left[kept], edges.right[kept])
    let_go = np.flatnonzero(too_many | ambiguous)
    return label, {"edge_no": let_go, "verdict": np.where(too_many[let_go], "too_many", "ambiguous")}


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
        con,
        f"""
        select position, {table}.customer_id, id_rank, natives.customer_id = {table}.customer_id as is_native
        from {table} inner join id_ranks using (customer_id) inner join affected using (record_no)
        inner join natives on natives.record_no = {table}.record_no
        order by all
        """,
    )
    return Holdings(found["position"], found["customer_id"], found["id_rank"], found["is_native"])


def _columns(
    con: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, object] | None = None
) -> dict[str, np.ndarray]:
    """Columns of a query as numbers; integers are 64 bits wide."""
    table: pa.Table = con.sql(query, params=parameters).to_arrow_table()
    found = {}
    for name in table.column_names:
        values = table[name].to_numpy()
        found[name] = values.astype(np.int64) if values.dtype.kind == "i" else values
    return found


def _register(con: duckdb.DuckDBPyConnection, table: str, query: str | None, columns: dict[str, np.ndarray]) -> None:
    """A temporary table of arrays, or of a query over them under the name `of_python`."""
    text = pa.table(
        {name: pa.array(values, pa.string() if values.dtype.kind == "U" else None) for name, values in columns.items()}
    )
    con.register("of_python", text)
    con.execute(query or f"create or replace temp table {table} as select * from of_python")
    con.unregister("of_python")
