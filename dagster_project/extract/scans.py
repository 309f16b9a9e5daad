"""Scans side by side: which files one of them reads, and the second look at rows that the first one left out.

DuckDB numbers rows in one thread a scan, so a batch is read by several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dagster_project.extract.header import Layout
from dagster_project.extract.ledger import Load
from dagster_project.extract.reading import Binder, faults, first_fault, values

if TYPE_CHECKING:
    from dagster_project.extract.store import Store

#: Below this many bytes a second scan thread costs more than it brings.
_WORTH_A_THREAD: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """One load and what DuckDB reads for it.

    Attributes:
        load: The delivery.
        path: Verified utf-8 text, gzipped or not, or parquet.
        layout: How its columns map.
    """

    load: Load
    path: Path
    layout: Layout


def shares(sources: Sequence[Source], scans: int) -> list[list[Source]]:
    """Consecutive files in at most `scans` shares of about equal size."""
    total = sum(source.load.landed.text_bytes for source in sources)
    wanted = max(1, min(scans, len(sources), total // _WORTH_A_THREAD))
    shares: list[list[Source]] = [[] for _ in range(wanted)]
    before = 0
    for source in sources:
        shares[min(wanted - 1, before * wanted // max(total, 1))].append(source)
        before += source.load.landed.text_bytes
    return [share for share in shares if share]


def second_look(store: Store, sources: Sequence[Source], scans: int, bad: Mapping[str, int]) -> bool:
    """Put the rows that are missing between the good ones into `faulty`, each with the first rule that it breaks.

    Only they are split, cast and judged again, so a file with a few bad rows costs a second reading of its lines
    and not a second load.

    Args:
        store: Holds the good rows of these files.
        sources: Files of one layout, each with a known number of lines.
        scans: Most scans to run side by side; as in the first scan.
        bad: Missing rows by load.

    Returns:
        Whether each line is a row; if not, their numbers are off and nothing was put into `faulty`.
    """
    branches = shares(sources, scans)
    store.announce(branches, count_on=True)
    _want(store, [load_id for load_id, rows in bad.items() if rows])
    bind = Binder()
    parts = [_looked(store, number, part, bind) for number, part in enumerate(branches)]
    store.con.execute(f"create or replace temp table looked as {' union all '.join(parts)}", bind.values)
    store.drop_reader_tables()
    if not _lines_are_rows(store) or _faulty_rows(store) != {load_id: rows for load_id, rows in bad.items() if rows}:
        return False
    store.con.execute(
        "insert into faulty select * exclude (_branch, _file_index, _counted) from looked where _fault is not null"
    )
    return True


def _want(store: Store, load_ids: Sequence[str]) -> None:
    """Name the rows to look at: the missing ones, the last of each file, and one after the last file of a scan."""
    store.con.execute(
        f"""
        create or replace temp table wanted as
        select lines.branch, lines.ordinal
        from (
            select branch, load_id, rows_before, rows_before + unnest(range(1, rows + 1)) as ordinal
            from incoming where list_contains($ids, load_id)
        ) as lines
        anti join (
            select _load_id, _row_number from {store.table} where _loaded_at = $at and list_contains($ids, _load_id)
        ) as good
            on good._load_id = lines.load_id and good._row_number = lines.ordinal - lines.rows_before
        union
        select branch, rows_before + rows from incoming
        union
        select branch, max(rows_before + rows) + 1 from incoming group by branch
        """,
        {"ids": list(load_ids), "at": store.loaded_at},
    )


def _looked(store: Store, number: int, sources: Sequence[Source], bind: Binder) -> str:
    # `coalesce` keeps the few wanted rows on the side that is held in memory; the reader has no idea how many it has.
    only = f"coalesce(_ordinal in (select ordinal from wanted where branch = {number}), false)"
    rows = store.typed(sources, bind, count_on=True, only=only)
    return f"""
        select {values(store.extract)}, incoming.load_id as _load_id, incoming.file as _source_file,
            _ordinal - rows_before as _row_number, incoming.business_on as _business_on,
            {bind(store.loaded_at)}::timestamp as _loaded_at{store.extra},
            {first_fault(faults(store.extract, bind, "incoming.business_on"))} as _fault, _payload,
            {number} as _branch, file_index as _file_index, _ordinal as _counted
        from ({rows}) as rows
        inner join incoming on incoming.position = rows.file_index and incoming.branch = {number}"""


def _lines_are_rows(store: Store) -> bool:
    """Whether the scan found the last row of each file where its lines say, and none after the last of all."""
    wrong = store.con.execute(
        """
        select count(*)
        from (
            select branch, position, rows_before + rows as last, rows from incoming
        ) as files
        full join looked
            on looked._branch = files.branch and looked._counted = files.last and looked._file_index = files.position
        where (files.rows > 0 and looked._counted is null)
            or looked._counted > (select max(rows_before + rows) from incoming where branch = looked._branch)
        """
    ).fetchall()
    return wrong == [(0,)]


def _faulty_rows(store: Store) -> dict[str, int]:
    return dict(
        store.con.execute("select _load_id, count(*) from looked where _fault is not null group by _load_id").fetchall()
    )
