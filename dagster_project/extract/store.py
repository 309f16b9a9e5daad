"""Statements that move the rows of a batch into raw, out of it and into quarantine, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Final

import duckdb

from dagster_project.extract.contract import Extract, SourceContract
from dagster_project.extract.reading import Binder, faults, first_fault, identifier, is_bad, numbered, typed, values
from dagster_project.extract.scans import Source, second_look, shares

_REJECTS: Final = """
    select
        incoming.load_id,
        errors.line - $header_lines as row_number,
        lower(replace(any_value(errors.error_type), ' ', '_')) as rule,
        any_value(errors.column_name) as column_name,
        any_value(errors.csv_line) as payload,
        bool_or(
            errors.error_type::varchar in ('UNQUOTED VALUE', 'LINE SIZE OVER MAXIMUM')
            and contains(trim(errors.csv_line, chr(10) || chr(13)), chr(10))
        ) as swallows_lines
    from reject_errors as errors
    inner join reject_scans as scans using (scan_id, file_id)
    inner join incoming on incoming.path = scans.file_path
    group by incoming.load_id, errors.line
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the readers saw of one file.

    Attributes:
        accepted: Rows that could be split into fields.
        bad: Of these, rows that break a rule.
        broken: Rows that could not be split.
        swallows_lines: A quote that is never closed took several lines for one.
        is_parted: The bad rows are in the table `faulty` and not in raw.
    """

    accepted: int = 0
    bad: int = 0
    broken: int = 0
    swallows_lines: bool = False
    is_parted: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """Where the rows of one extract go."""

    con: duckdb.DuckDBPyConnection
    contract: SourceContract
    extract: Extract
    loaded_at: datetime

    @property
    def table(self) -> str:
        return f"raw.{identifier(self.contract.table(self.extract))}"

    @property
    def extra(self) -> str:
        """What `schema_mode: evolve` adds to a select list of raw columns."""
        return ", _extra" if self.extract.schema_mode == "evolve" else ""

    def insert_all(self, sources: Sequence[Source], *, scans: int) -> dict[str, Seen]:
        """Insert every row that can be split and report what was seen.

        Bad rows go to the table `faulty` where the lines of all files tell their rows, else into raw under a
        negative row number.

        Args:
            sources: Files of one layout.
            scans: Most scans to run side by side.
        """
        load_ids = [source.load.load_id for source in sources]
        if all(self.rows_by_lines(source) is not None for source in sources):
            self._insert(sources, scans, count_on=True)
            seen = self._parted(sources, scans)
            if seen is not None:
                return seen
            # A file had other rows than lines, so the numbers after it are off: once more, counting in each.
            self.remove(load_ids)
            self.con.execute("delete from broken where list_contains($ids, load_id)", {"ids": load_ids})
        self._insert(sources, scans, count_on=False)
        return self._seen(load_ids, numbered=True)

    def _parted(self, sources: Sequence[Source], scans: int) -> dict[str, Seen] | None:
        """What the good rows in raw and a second look at the missing ones tell; None if rows are not lines."""
        lines = {source.load.load_id: self.rows_by_lines(source) or 0 for source in sources}
        good = self._seen(list(lines))
        if any(found.broken for found in good.values()):
            return None
        bad = {load_id: rows - good[load_id].accepted for load_id, rows in lines.items()}
        if any(bad.values()) and not second_look(self, sources, scans, bad):
            return None
        return {load_id: Seen(rows, bad[load_id], is_parted=True) for load_id, rows in lines.items()}

    def rows_by_lines(self, source: Source) -> int | None:
        """Rows that the file has if each of its lines is one; None if that cannot be told."""
        lines = source.load.landed.lines
        return None if lines is None else max(0, lines - self.extract.header_lines)

    def _insert(self, sources: Sequence[Source], scans: int, *, count_on: bool) -> None:
        branches = shares(sources, scans)
        self.announce(branches, count_on=count_on)
        bind = Binder()
        parts = [self._branch(number, part, bind, count_on=count_on) for number, part in enumerate(branches)]
        self.con.execute(f"insert into {self.table} {' union all '.join(parts)}", bind.values)
        self._keep_rejects()

    def insert_good(self, sources: Sequence[Source]) -> None:
        """Insert the good rows of files that have bad ones, with the row numbers of the file."""
        self.announce([list(sources)])
        bind = Binder()
        rows, conditions = self._corrected(sources, bind)
        self.con.execute(
            f"""insert into {self.table}
            select {values(self.extract)}, _in_load_id, _in_file, _row, _in_business_on,
                {bind(self.loaded_at)}::timestamp{self.extra}
            from ({rows}) where not coalesce({is_bad(conditions)}, false)""",
            bind.values,
        )
        self.drop_reader_tables()

    def quarantine(self, sources: Sequence[Source]) -> None:
        """Write the bad rows of files to quarantine, each under the first rule that it breaks."""
        self.announce([list(sources)])
        bind = Binder()
        rows, conditions = self._corrected(sources, bind)
        names = f"{bind(self.contract.system)}, {bind(self.extract.name)}"
        at = f"{bind(self.loaded_at)}::timestamp"
        self.con.execute(
            f"""insert into quarantine.bad_rows (load_id, system, extract, source_file, row_number, rule, column_name,
                payload, quarantined_at, status)
            select _in_load_id, {names}, _in_file, _row, split_part(_fault, ':', 1),
                nullif(split_part(_fault, ':', 2), ''), _payload, {at}, 'open'
            from (select *, {first_fault(conditions)} as _fault from ({rows})) where _fault is not null
            union all
            select load_id, {names}, file, row_number, rule, column_name, payload, {at}, 'open'
            from broken inner join incoming using (load_id)""",
            bind.values,
        )
        self.drop_reader_tables()

    def remove(self, load_ids: Sequence[str]) -> None:
        """Take the rows of loads of this batch out of raw again."""
        self.con.execute(
            f"delete from {self.table} where _loaded_at = $at and list_contains($ids, _load_id)",
            {"at": self.loaded_at, "ids": list(load_ids)},
        )

    def count(self, load_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Rows in raw and rows in quarantine by load."""
        ids = {"ids": list(load_ids)}
        loaded = self.con.execute(
            f"select _load_id, count(*) from {self.table} where _loaded_at = $at and list_contains($ids, _load_id) "
            "group by all",
            {**ids, "at": self.loaded_at},
        ).fetchall()
        kept_out = self.con.execute(
            "select load_id, count(*) from quarantine.bad_rows where list_contains($ids, load_id) group by all", ids
        ).fetchall()
        rows, bad = dict(loaded), dict(kept_out)
        return {load_id: (rows.get(load_id, 0), bad.get(load_id, 0)) for load_id in load_ids}

    @property
    def arrived(self) -> str:
        """Every row of this batch and of those before that could be split, good or bad, with its load."""
        names = ", ".join([*(identifier(column.name) for column in self.extract.columns), "_load_id", "_loaded_at"])
        return f"(select {names} from {self.table} union all select {names} from faulty)"

    def quarantine_parted(self, load_ids: Sequence[str]) -> None:
        """Write the rows of loads in `faulty` to quarantine."""
        self.con.execute(
            """insert into quarantine.bad_rows (load_id, system, extract, source_file, row_number, rule, column_name,
                payload, quarantined_at, status)
            select _load_id, $system, $extract, _source_file, _row_number, split_part(_fault, ':', 1),
                nullif(split_part(_fault, ':', 2), ''), _payload, _loaded_at, 'open'
            from faulty where list_contains($ids, _load_id)""",
            {"system": self.contract.system, "extract": self.extract.name, "ids": list(load_ids)},
        )

    def forget_bad(self) -> None:
        """Start a batch: no bad and no rejected rows yet."""
        self.drop_reader_tables()
        self.con.execute(
            f"create or replace temp table faulty as "
            f"select *, null::varchar as _fault, null::varchar as _payload from {self.table} limit 0"
        )
        self.con.execute(
            "create or replace temp table broken (load_id varchar, row_number bigint, rule varchar, "
            "column_name varchar, payload varchar, swallows_lines boolean)"
        )

    def announce(self, branches: Sequence[Sequence[Source]], *, count_on: bool = False) -> None:
        """Fill `incoming`: which file is which load, and how many rows the files before it in its scan have."""
        rows = [(number, index, item) for number, part in enumerate(branches) for index, item in enumerate(part)]
        sizes = [[self.rows_by_lines(item) or 0 if count_on else 0 for item in part] for part in branches]
        rows_before = [before for part in sizes for before in accumulate(part[:-1], initial=0)]
        rows_by_lines = [size for part in sizes for size in part]
        self.con.execute(
            """
            create or replace temp table incoming as
            select unnest($branch) as branch, unnest($position) as position, unnest($load_id) as load_id,
                unnest($file) as file, unnest($path) as path, unnest($business_on)::date as business_on,
                unnest($rows_before) as rows_before, unnest($rows) as rows
            """,
            {
                "branch": [number for number, _, _ in rows],
                "position": [index for _, index, _ in rows],
                "load_id": [item.load.load_id for *_, item in rows],
                "file": [item.load.landed.delivery.file for *_, item in rows],
                "path": [str(item.path) for *_, item in rows],
                "business_on": [item.load.landed.delivery.business_on for *_, item in rows],
                "rows_before": rows_before,
                "rows": rows_by_lines,
            },
        )

    def _branch(self, number: int, sources: Sequence[Source], bind: Binder, *, count_on: bool) -> str:
        rows = self.typed(sources, bind, count_on=count_on)
        bad = is_bad(faults(self.extract, bind, "incoming.business_on"))
        row_number, kept = f"case when {bad} then -_ordinal else _ordinal end", "true"
        if count_on:
            row_number, kept = "_ordinal - rows_before", f"not coalesce({bad}, false)"
        return f"""
            select {values(self.extract)}, incoming.load_id, incoming.file, {row_number}, incoming.business_on,
                {bind(self.loaded_at)}::timestamp{self.extra}
            from ({rows}) as rows
            inner join incoming on incoming.position = rows.file_index and incoming.branch = {number}
            where {kept}"""

    def typed(self, sources: Sequence[Source], bind: Binder, *, count_on: bool = False, only: str = "true") -> str:
        """The rows of the files with their typed columns: see `reading.numbered` and `reading.typed`."""
        paths = [source.path for source in sources]
        rows = numbered(self.extract, sources[0].layout, paths, bind, count_on=count_on, only=only)
        return typed(self.extract, rows, bind)

    def _corrected(self, sources: Sequence[Source], bind: Binder) -> tuple[str, Mapping[tuple[str, str], str]]:
        """Typed rows with `_row`, their number in the file: the reader's count plus the broken rows before them."""
        rows = self.typed(sources, bind)
        corrected = f"""
            select rows.*, _ordinal + coalesce(shift, 0) as _row
            from (
                select rows.*, incoming.load_id as _in_load_id, incoming.file as _in_file,
                    incoming.business_on as _in_business_on
                from ({rows}) as rows inner join incoming on incoming.position = rows.file_index
            ) as rows
            asof left join (
                select load_id as broken_id, row_number - nth as rows_before, max(nth) as shift
                from (
                    select *, row_number() over (partition by load_id order by row_number) as nth from broken
                )
                group by all
            ) as shifts
                on rows._in_load_id = shifts.broken_id and rows._ordinal > shifts.rows_before"""
        return corrected, faults(self.extract, bind, "_in_business_on")

    def _keep_rejects(self) -> None:
        if not self.extract.is_text:
            return
        self.con.execute(f"insert into broken {_REJECTS}", {"header_lines": self.extract.header_lines})
        self.drop_reader_tables()

    def drop_reader_tables(self) -> None:
        """Forget what the csv reader rejected, so that the next scan starts anew."""
        self.con.execute("drop table if exists temp.reject_errors; drop table if exists temp.reject_scans")

    def _seen(self, load_ids: Sequence[str], *, numbered: bool = False) -> dict[str, Seen]:
        """What the readers saw; `numbered` makes sure that row numbers are 1, 2, … in each file."""
        ids = list(load_ids)
        accepted = self.con.execute(
            f"""
            select _load_id, count(*), count_if(_row_number < 0), max(abs(_row_number))
            from {self.table} where _loaded_at = $at and list_contains($ids, _load_id) group by all
            """,
            {"ids": ids, "at": self.loaded_at},
        ).fetchall()
        rejects = self.con.execute(
            "select load_id, count(*), bool_or(swallows_lines) from broken "
            "where list_contains($ids, load_id) group by all",
            {"ids": ids},
        ).fetchall()
        broken = {load_id: (rows, swallows) for load_id, rows, swallows in rejects}
        counts = {load_id: (rows, bad) for load_id, rows, bad, _ in accepted}
        wrong = [load_id for load_id, rows, _, last in accepted if rows != last]
        if wrong and numbered:
            raise RuntimeError(f"rows of {', '.join(wrong)} are not numbered one by one")
        return {load_id: Seen(*counts.get(load_id, (0, 0)), *broken.get(load_id, (0, False))) for load_id in load_ids}
