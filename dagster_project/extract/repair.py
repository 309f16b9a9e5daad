"""Quarantined rows back into raw: corrected by a steward, or as they were after the contract changed.

They go through the same door as a delivery: the contract's casts and rules, and the predicates of the raw suite
that the caller passes. What passes becomes a load of its own that names the delivery it repairs, so that ledger,
staging and published tables take it up like any other; rows in quarantine stay, marked by what settled them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final, Literal

import duckdb
import pyarrow as pa

from dagster_project import audit
from dagster_project.errors import ConfigurationError
from dagster_project.extract import journal, payload
from dagster_project.extract.contract import Extract, SourceContract
from dagster_project.extract.ledger import load_id_of, naive_utc
from dagster_project.extract.payload import Fields
from dagster_project.extract.quarantine import originals
from dagster_project.extract.reading import Binder, faults, first_fault, identifier, typed, values
from dagster_project.extract.tables import AUDIT_COLUMNS
from dagster_project.settings import Settings
from dagster_project.warehouse import transaction

#: Formats of payloads that a suite set aside: typed values as JSON, not texts as delivered.
_ISO: Final = {
    "decimal_separator": ".",
    "date_format": "%Y-%m-%d",
    "timestamp_format": "%Y-%m-%d %H:%M:%S",
}
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Returned:
    """What came of bringing rows back.

    Attributes:
        load_id: The load that holds them; None where none could be brought back.
        rows: Rows brought back.
        rows_open: Rows of the delivery that stay in quarantine.
        is_new: False when the same rows had been brought back before and nothing was changed.
    """

    load_id: str | None
    rows: int
    rows_open: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Door:
    """Where rows of one delivery come back.

    Attributes:
        con: Writable connection with default catalog `lake`; the caller holds the writer lock.
        settings: Names the landing folder.
        contract, extract: As they are now.
        load_id: The delivery: a load that stands.
        rules: Predicates of the raw suite by rule id: SQL over the columns of raw that is true for a bad row.
        now: Clock, with a zone.
        actor: Who does it, for the audit log.
        known_from_on: From when on the rows are in use, where that was settled before; None: from the next run on.
    """

    con: duckdb.DuckDBPyConnection
    settings: Settings
    contract: SourceContract
    extract: Extract
    load_id: str
    rules: Mapping[str, str]
    now: datetime
    actor: str
    known_from_on: date | None = None

    def restore(self, path: Path, status: Literal["repaired", "replayed"]) -> None:
        """Rows that had come back before, into a lake made anew; they were judged then."""
        corrected = payload.read_corrected(self.extract, path)
        known = {row.row_number: row for row in originals(self.con, self.load_id)}
        rows = [(number, known[number].is_typed, fields) for number, fields in sorted(corrected.items())]
        self._judge(rows)
        self._take(path.read_bytes(), list(corrected), status)

    def repair(self, corrected: Mapping[int, Fields]) -> Returned:
        """Bring corrected rows back, all of them or none.

        Args:
            corrected: Texts of the contract's columns by row number of the delivered file.

        Raises:
            ConfigurationError: a row is not in quarantine, or still bad; names rows and rules, not values.
        """
        known = {row.row_number: row for row in originals(self.con, self.load_id)}
        content = payload.content_of(self.extract, [(number, corrected[number]) for number in sorted(corrected)])
        done = self._done(content)
        if done is not None:
            return done
        open_rows = {number for number, row in known.items() if row.is_open}
        strangers = sorted(set(corrected) - open_rows)
        if strangers or not corrected:
            what = f"rows {_listed(strangers)} are not open in its quarantine" if corrected else "no row is given"
            raise ConfigurationError(
                f"The repair of load {self.load_id} is refused: {what}. Nothing was changed",
                f"`tenure quarantine export {self.load_id}` writes the rows that are open",
            )
        rows = [(number, known[number].is_typed, fields) for number, fields in sorted(corrected.items())]
        bad = self._judge(rows)
        if bad:
            raise ConfigurationError(
                f"The repair of load {self.load_id} is refused: {len(bad)} of {len(corrected)} rows are still bad: "
                f"{_faults(bad)}. Nothing was changed",
                "correct the file and repair again",
            )
        return self._take(content, list(corrected), "repaired")

    def replay(self) -> Returned:
        """Try the open rows once more as they were; those that still fail stay where they are."""
        rows = [row for row in originals(self.con, self.load_id) if row.is_open]
        split = [
            (row.row_number, row.is_typed, fields) for row in rows if (fields := payload.fields_of(self.extract, row))
        ]
        bad = self._judge(split) if split else []
        failing = {number for number, _ in bad}
        good = [(number, fields) for number, _, fields in split if number not in failing]
        if not good:
            return Returned(None, 0, len(rows), is_new=False)
        return self._take(payload.content_of(self.extract, good), [number for number, _ in good], "replayed")

    def _done(self, content: bytes) -> Returned | None:
        """What the same rows did when they came before."""
        found = self.con.execute(
            "select load_id, rows_in from ops.loads "
            "where repairs_load_id = $load_id and sha256 = $sha256 and status = 'loaded'",
            {"load_id": self.load_id, "sha256": hashlib.sha256(content).hexdigest()},
        ).fetchall()
        return Returned(found[0][0], found[0][1], self._count_open(), is_new=False) if found else None

    def _judge(self, rows: Sequence[tuple[int, bool, Fields]]) -> list[tuple[int, str]]:
        """Row number and first fault of each bad row; leaves the typed rows in `temp.judged`."""
        names = [column.name for column in self.extract.columns]
        table = pa.table(
            {
                "_row": pa.array([number for number, _, _ in rows], pa.int64()),
                "_is_typed": pa.array([is_typed for _, is_typed, _ in rows], pa.bool_()),
                **{name: pa.array([fields.get(name) for _, _, fields in rows], pa.string()) for name in names},
            }
        )
        [(file, business_on)] = self.con.execute(
            "select file, business_on from ops.loads where load_id = $load_id", {"load_id": self.load_id}
        ).fetchall()
        bind = Binder()
        day = f"{bind(business_on)}::date"
        as_text = self.extract.model_copy(update={"format": "csv"})
        branches = [
            _branch(as_text, bind, day, "not _is_typed"),
            _branch(as_text.model_copy(update=_ISO), bind, day, "_is_typed"),
        ]
        audit_values = f"""{bind(self.load_id)} as _load_id, {bind(file)} as _source_file, _row as _row_number,
            {day} as _business_on, {bind(naive_utc(self.now))}::timestamp as _loaded_at"""
        broken = " ".join(f"when coalesce({bad}, false) then '{rule}:'" for rule, bad in self.rules.items())
        self.con.register("returned", table)
        try:
            self.con.execute(
                f"""create or replace temp table judged as
                select *, coalesce(_fault, {f"case {broken} end" if broken else "null"}) as _first_fault
                from (select *, {audit_values} from ({" union all ".join(branches)}))""",
                bind.values,
            )
        finally:
            self.con.unregister("returned")
        return self.con.execute(
            "select _row_number, _first_fault from judged where _first_fault is not null order by _row_number"
        ).fetchall()

    def _take(self, content: bytes, numbers: Sequence[int], status: Literal["repaired", "replayed"]) -> Returned:
        """Keep the rows as a file in landing, then load, ledger, quarantine and audit log in one transaction."""
        sha256 = hashlib.sha256(content).hexdigest()
        # In use from the next run on: the last one did not know it.
        [(known_from,)] = self.con.execute("select (max(known_from_on) + 1)::date from ops.loads").fetchall()
        known_from = self.known_from_on or known_from
        _land(self.settings.landing / self.contract.system / f"{sha256}.repair.jsonl", content)
        noted = journal.Repair(self.load_id, self.extract.name, sha256, status, known_from, naive_utc(self.now))
        journal.note_repair(self.settings, self.contract.system, noted)
        with transaction(self.con):
            load_id = self._enter(sha256, len(content), len(numbers), known_from)
            self._insert(load_id, numbers)
            self._settle(load_id, numbers, status)
            detail = f"{self.contract.system}.{self.extract.name}: {len(numbers)} rows as load {load_id}"
            audit.append(self.con, [audit.Event(self.now, self.actor, f"quarantine {status}", self.load_id, detail)])
        return Returned(load_id, len(numbers), self._count_open(), is_new=True)

    def _enter(self, sha256: str, size: int, rows: int, known_from: date | None) -> str:
        """The ledger row; a repair that the raw suite held before gives way to this one."""
        [(system, extract, file, business_on, part, load_mode, number)] = self.con.execute(
            """
            select system, extract, file, business_on, part, load_mode,
                1 + (select count(*) from ops.loads where repairs_load_id = $load_id)
            from ops.loads where load_id = $load_id
            """,
            {"load_id": self.load_id},
        ).fetchall()
        load_id = load_id_of(system, extract, business_on, part=f"{part}~{number}", version=1, sha256=sha256)
        self.con.execute(
            """
            update ops.loads set status = 'superseded', superseded_by = $new
            where repairs_load_id = $load_id and status = 'held'
            """,
            {"new": load_id, "load_id": self.load_id},
        )
        self.con.execute(
            """
            insert into ops.loads by name
            select $new as load_id, $system as system, $extract as extract, $file as file, $sha256 as sha256,
                $business_on::date as business_on, $part as part, 1 as version, $load_mode as load_mode,
                'loaded' as status, $rows as rows_in, $rows as rows_loaded, 0 as rows_quarantined, $size as bytes,
                'tenure quarantine' as run_id, $at::timestamp as loaded_at, $at::timestamp as file_modified_at,
                $load_id as repairs_load_id, $known_from::date as known_from_on
            """,
            {
                "new": load_id, "system": system, "extract": extract, "file": f"{file}~{number}", "sha256": sha256,
                "business_on": business_on, "part": f"{part}~{number}", "load_mode": load_mode, "rows": rows,
                "size": size, "at": naive_utc(self.now), "load_id": self.load_id, "known_from": known_from,
            },
        )  # fmt: skip
        return load_id

    def _insert(self, load_id: str, numbers: Sequence[int]) -> None:
        names = [column.name for column in self.extract.columns] + [name for name, *_ in AUDIT_COLUMNS]
        chosen = ", ".join("$new as _load_id" if name == "_load_id" else identifier(name) for name in names)
        table = f"raw.{identifier(self.contract.table(self.extract))}"
        [(inserted,)] = self.con.execute(
            f"insert into {table} by name select {chosen} from judged where list_contains($numbers, _row_number)",
            {"new": load_id, "numbers": list(numbers)},
        ).fetchall()
        if inserted != len(numbers):
            raise RuntimeError(f"load {load_id}: {len(numbers)} rows to bring back, {inserted} inserted")

    def _settle(self, load_id: str, numbers: Sequence[int], status: str) -> None:
        """Mark the rows; those of a repair that gave way and that are not in this one are open again."""
        self.con.execute(
            """
            update quarantine.bad_rows as bad set status = 'open', settled_by = null, settled_at = null
            from ops.loads as given_up
            where bad.load_id = $load_id and bad.settled_by = given_up.load_id and given_up.superseded_by = $new
            """,
            {"load_id": self.load_id, "new": load_id},
        )
        self.con.execute(
            """
            update quarantine.bad_rows set status = $status, settled_by = $new, settled_at = $at
            where load_id = $load_id and list_contains($numbers, row_number)
            """,
            {
                "status": status, "new": load_id, "at": naive_utc(self.now), "load_id": self.load_id,
                "numbers": list(numbers),
            },
        )  # fmt: skip

    def _count_open(self) -> int:
        return sum(row.is_open for row in originals(self.con, self.load_id))


def _branch(extract: Extract, bind: Binder, business_on: str, condition: str) -> str:
    conditions = faults(extract, bind, business_on)
    rows = typed(extract, f"select * from returned where {condition}", bind)
    return f"select _row, {first_fault(conditions)} as _fault, {values(extract)} from ({rows})"


def _land(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _faults(bad: Sequence[tuple[int, str]]) -> str:
    named = "; ".join(
        f"row {number} breaks {rule}{f' in {column}' if column else ''}"
        for number, fault in bad[:_NAMED]
        for rule, _, column in [fault.partition(":")]
    )
    return named + (f"; and {len(bad) - _NAMED} more" if len(bad) > _NAMED else "")


def _listed(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return ", ".join(map(str, numbers[:_NAMED])) + more
