"""The churn list as files: one that people open in a spreadsheet, one that other systems load.

Both come from the release. A file whose contents were exported before is not written again, and the ledger
`ops.exports` has one row for each distinct file, so that nothing is sent twice.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb

from dagster_project import audit
from dagster_project.errors import ConfigurationError, NotPublishedError, QualityGateError
from dagster_project.failpoints import failpoint
from dagster_project.publish.files import write_whole
from dagster_project.publish.query import QueryResult, cell_text
from dagster_project.publish.reader import open_release
from dagster_project.publish.release import published_release, stored
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

_LIST: Final = "select * from activation.act_churn_list order by list_rank"
# What a spreadsheet may take for a formula, also in its full-width form and after a line break.
# Method: OWASP, "CSV Injection".
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_WORDS: Final = r"\w[\w ,.:;?!%&$€/()'×–-]{0,199}"
_SHARE: Final = r"0(\.\d{1,20})?|1(\.0)?|\d(\.\d{1,20})?e-\d{1,3}"
_AMOUNT: Final = r"-?\d{1,16}(\.\d{1,20})?"
# What a system that loads the list may count on, column by column; an empty cell is null.
_PATTERNS: Final[dict[str, str]] = {
    "as_of_on": r"\d{4}-\d{2}-\d{2}",
    "list_rank": r"[1-9]\d{0,8}",
    "customer_id": r"\d{1,19}",
    "segment_name": _WORDS,
    "churn_probability": _SHARE,
    "value_at_risk_amount": r"-?\d{1,16}\.\d{2}",
    "reason_1_text": _WORDS,
    "reason_2_text": _WORDS,
    "reason_3_text": _WORDS,
    "suggested_action": _WORDS,
    "recency_days": r"\d{1,5}",
    "sales_182d": _AMOUNT,
}


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One exported file. `is_new` is false when the same contents were exported before."""

    export_id: str
    path: Path
    sha256: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Export:
    """The churn list of one business date: its files and how many customers are on it."""

    as_of: date
    rows: int
    human: ExportFile
    machine: ExportFile

    @property
    def path(self) -> Path:
        """The file for people."""
        return self.human.path


def export_churn_list(settings: Settings, *, as_of: date, now: datetime) -> Export:
    """Write `exports/<as_of>/churn_list.csv` for people and `churn_list.machine.csv` for systems.

    Args:
        settings: Names the release and the exports folder.
        as_of: Business date of the list; the release in place must be of this date.
        now: Clock of the run, for the ledger.

    Raises:
        NotPublishedError: the release in place is of another date, or there is none.
        ConfigurationError: the list has a column for which no pattern is agreed.
        QualityGateError: a value does not fit the pattern agreed for the machine file; nothing is written.
    """
    release = published_release(settings)
    if release and release.as_of != as_of:
        raise NotPublishedError(
            f"The list of {as_of} is not published: the release in place is as of {release.as_of}.",
            f"`tenure run --as-of {as_of}`",
        )
    with open_release(settings) as con:
        rows = con.execute(_LIST).fetchall()
        columns = con.description or []
    churn_list = QueryResult([c[0] for c in columns], [str(c[1]) for c in columns], rows, is_truncated=False)
    # Both before the first is written: a value refused by one must not leave the other behind.
    texts = {"churn_list.csv": human_csv(churn_list), "churn_list.machine.csv": machine_csv(churn_list)}
    folder = settings.exports / as_of.isoformat()
    actor = f"run {release.run_id[:8]}" if release else ""
    with connect(settings) as con:
        human, machine = (
            _export(con, folder / name, text, rows=len(rows), as_of=as_of, now=stored(now), actor=actor)
            for name, text in texts.items()
        )
    return Export(as_of, len(rows), human, machine)


def human_csv(churn_list: QueryResult) -> bytes:
    """CSV for spreadsheets: no text is taken for a formula, numbers stay numbers, fractions have 4 digits.

    A text that begins like a formula gets a leading apostrophe. UTF-8 with a byte order mark, without which
    Excel reads another encoding.

    >>> human_csv(QueryResult(["note", "due"], ["VARCHAR", "INTEGER"], [("=1+1", -5)], is_truncated=False))
    b"\\xef\\xbb\\xbfnote,due\\r\\n'=1+1,-5\\r\\n"
    """
    header = [without_formula(name) for name in churn_list.columns]
    body = ([_human_cell(value) for value in row] for row in churn_list.rows)
    return _csv([header, *body], "\r\n").encode("utf-8-sig")


def machine_csv(churn_list: QueryResult) -> bytes:
    """CSV for systems: UTF-8, exact values, every cell checked against the pattern agreed for its column.

    Raises:
        ConfigurationError: a column has no agreed pattern.
        QualityGateError: a value does not fit; names row and column, not the value.
    """
    unknown = [name for name in churn_list.columns if name not in _PATTERNS]
    if unknown:
        raise ConfigurationError(
            f"The churn list has columns without an agreed pattern: {', '.join(unknown)}.",
            "add them to _PATTERNS in dagster_project/publish/export.py, or leave them off the list",
        )
    body = [[cell_text(value) for value in row] for row in churn_list.rows]
    for position, name in enumerate(churn_list.columns):
        _check_column(name, [row[position] for row in body])
    return _csv([churn_list.columns, *body], "\n").encode()


def without_formula(text: str) -> str:
    """The text, with a leading apostrophe where a spreadsheet would take it for a formula.

    >>> without_formula("@sum(a1)"), without_formula("plain")
    ("'@sum(a1)", 'plain')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _human_cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    text = cell_text(value)
    return text if isinstance(value, int | Decimal) else without_formula(text)


def _check_column(name: str, cells: list[str]) -> None:
    fits = re.compile(_PATTERNS[name]).fullmatch
    for row_number, cell in enumerate(cells, start=1):
        if cell and not fits(cell):
            raise QualityGateError(
                f"The churn list was not exported: row {row_number}, column {name}, has a value of "
                f"{len(cell)} characters that does not match {_PATTERNS[name]}.",
                f"`tenure query 'select {name} from act_churn_list where list_rank = {row_number}'`",
            )


def _csv(rows: Iterable[list[str]], line_end: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows(rows)
    return text.getvalue()


def _export(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    contents: bytes,
    *,
    rows: int,
    as_of: date,
    now: datetime,
    actor: str,
) -> ExportFile:
    digest = hashlib.sha256(contents).hexdigest()
    export_id = hashlib.sha256(f"{path.name}|{as_of}|{digest}".encode()).hexdigest()[:16]
    is_known = bool(con.execute("select 1 from ops.exports where export_id = ?", [export_id]).fetchone())
    write_whole(path, contents)
    failpoint("export.placed")
    if not is_known:
        con.execute(
            """
            insert into ops.exports (export_id, file, sha256, rows, as_of_on, exported_at)
            values (?, ?, ?, ?, ?, ?)
            """,
            [export_id, f"{path.parent.name}/{path.name}", digest, rows, as_of, now],
        )
        detail = f"{rows} rows, sha256 {digest[:12]}"
        audit.append(con, [audit.Event(now, actor, "export written", f"{path.parent.name}/{path.name}", detail)])
        failpoint("export.recorded")
    return ExportFile(export_id, path, digest, is_new=not is_known)
