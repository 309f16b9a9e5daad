"""Originals of quarantined rows as texts of the contract's columns: out of quarantine, into a file that a steward
corrects, and back.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from dagster_project.errors import ConfigurationError
from dagster_project.extract.contract import Extract
from dagster_project.extract.quarantine import Original

Fields = Mapping[str, str | None]
ROW_NUMBER: Final = "_row_number"
#: Where a row could not be split into fields, its line is exported as it stands.
_LINE: Final = "_line"
_NEXT: Final = "`tenure quarantine export LOAD` writes a file with the right columns"


def fields_of(extract: Extract, row: Original) -> Fields | None:
    """Texts of the contract's columns in the original; None where it could not be split into fields."""
    try:
        # Numbers as they stand: a float would lose digits.
        found = json.loads(row.payload or "", parse_float=str, parse_int=str)
    except json.JSONDecodeError:
        return None
    if not isinstance(found, dict):
        return None
    texts = {key.strip().casefold(): _text(value) for key, value in found.items()}
    fields: dict[str, str | None] = {}
    for column in extract.columns:
        given = next((name for name in (column.name, *column.headers) if name in texts), None)
        fields[column.name] = texts[given] if given else None
    return fields


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def content_of(extract: Extract, rows: Iterable[tuple[int, Fields]]) -> bytes:
    """The file that landing keeps: the same bytes for the same rows."""
    names = [column.name for column in extract.columns]
    lines = (
        json.dumps({"_row_number": number, **{name: fields.get(name) for name in names}}, ensure_ascii=False)
        for number, fields in rows
    )
    return "".join(f"{line}\n" for line in lines).encode()


def export_text(extract: Extract, rows: Iterable[Original], kind: str) -> str:
    """The open rows as csv or jsonl for a steward to correct; holds personal data.

    Args:
        extract: Gives the columns.
        rows: Quarantined rows; settled ones are left out.
        kind: `csv` or `jsonl`.
    """
    names = [column.name for column in extract.columns]
    records = [
        {ROW_NUMBER: row.row_number, **(fields or dict.fromkeys(names)), **({} if fields else {_LINE: row.payload})}
        for row in rows
        if row.is_open
        for fields in [fields_of(extract, row)]
    ]
    if kind == "jsonl":
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    text = io.StringIO()
    columns = [ROW_NUMBER, *names, *([_LINE] if any(_LINE in record for record in records) else [])]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def read_corrected(extract: Extract, path: Path) -> dict[int, Fields]:
    """A corrected file: texts of the contract's columns by row number of the delivery.

    Raises:
        ConfigurationError: the file is neither csv nor jsonl, or its columns are others; quotes no value.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read as utf-8 text", _NEXT) from error
    if path.name.endswith(".jsonl"):
        records = _json_records(text, path)
    elif path.name.endswith(".csv"):
        records = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    else:
        raise ConfigurationError(f"{path} must end in .csv or .jsonl", _NEXT)
    rows: dict[int, Fields] = {}
    for place, record in enumerate(records, 1):
        number = str(record.pop(ROW_NUMBER, ""))
        record.pop(_LINE, None)
        wrong = set(record) ^ {column.name for column in extract.columns}
        if wrong or not number.isdecimal() or int(number) in rows:
            what = (
                f"has other columns than {ROW_NUMBER} and those of the contract"
                if wrong
                else "has no row number of its own"
            )
            raise ConfigurationError(f"{path}: record {place} {what}", _NEXT)
        rows[int(number)] = {name: _given(extract, _text(value)) for name, value in record.items()}
    return rows


def _json_records(text: str, path: Path) -> list[dict[str, Any]]:
    try:
        records = [json.loads(line, parse_float=str, parse_int=str) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{path} has a line that is no JSON", _NEXT) from error
    if not all(isinstance(record, dict) for record in records):
        raise ConfigurationError(f"{path} has a line that is no JSON object", _NEXT)
    return records


def _given(extract: Extract, text: str | None) -> str | None:
    """An empty field is null, as it is in a delivered csv."""
    return None if text in {"", extract.null_text} else text
