"""The header of a file against its contract: columns are mapped by name, in whatever order they come.

A file whose header does not match is held as a whole. Header texts are quoted in messages only where they look
like column names: in a file without a header they would be somebody's data.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dagster_project.extract.contract import Extract

#: For each column in the order of the file: its header as it stands there, and the raw column it means. A column
#: that the contract does not know has a name of its own, `_extra_<position>` (schema_mode evolve).
Layout = tuple[tuple[str, str], ...]
EXTRA: Final = "_extra_"

_LOOKS_LIKE_A_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,62}")
#: Most characters of a header line, or of the first record of a jsonl file.
_LONGEST_LINE: Final = 1_000_000


class HeaderError(Exception):
    """The header cannot be read or does not match; the text says why."""


def read_layout(extract: Extract, path: Path) -> Layout:
    """How the columns of a file map to the raw columns.

    For jsonl the keys of the first record count as header. Keys that it lacks are no reason to hold a file:
    JSON leaves out what is null. A later record with a key of its own is a bad row (`unknown_key`).

    Raises:
        HeaderError: a column is missing, unknown or there twice, or there is no header.
    """
    if extract.format == "parquet":
        return match(extract, _parquet_names(path))
    line = _first_line(extract, path)
    if extract.format.startswith("jsonl"):
        return _match_keys(extract, line)
    if not line.strip():
        raise HeaderError("it has no header line")
    try:
        headers = next(csv.reader([line], delimiter=extract.delimiter, quotechar=extract.quote, strict=True))
    except csv.Error as error:
        raise HeaderError("its header line is not valid csv") from error
    return match(extract, headers)


def match(extract: Extract, headers: Sequence[str]) -> Layout:
    """The layout for headers as they stand in the file.

    Raises:
        HeaderError: names the column at fault and, where one is missing, the header most like it.
    """
    meaning = {header: column.name for column in extract.columns for header in column.headers}
    found = [meaning.get(header.strip().casefold(), "") for header in headers]
    missing = [column for column in extract.columns if column.name not in found]
    unknown = [header for header, name in zip(headers, found, strict=True) if not name]
    evolves = extract.schema_mode == "evolve"
    needed = [column for column in missing if not (evolves and column.nullable)]
    if needed or len(missing) == len(found):
        raise HeaderError("; ".join(_missing(column.name, column.headers, unknown) for column in needed or missing))
    if not evolves or any(not header.strip() for header in unknown):
        _refuse_unknown(headers, unknown, extract.schema_mode)
    texts = [header.strip().casefold() for header in unknown]
    names = [name for name in found if name]
    twice = sorted({name for name in names if names.count(name) > 1})
    if len(set(texts)) < len(texts):
        twice.append("an unknown header")
    if twice:
        raise HeaderError(f"it has more than one column for {', '.join(twice)}")
    named = (name or f"{EXTRA}{position}" for position, name in enumerate(found, 1))
    return tuple(zip(headers, named, strict=True))


def drift(extract: Extract, layout: Layout) -> str | None:
    """What a file has that the contract does not know, and the other way round, in words; None for no difference."""
    new = [(position, header) for position, (header, name) in enumerate(layout, 1) if name.startswith(EXTRA)]
    names = {name for _, name in layout}
    missing = [column for column in extract.columns if column.name not in names]
    parts = [_missing(column.name, column.headers, [header for _, header in new]) for column in missing]
    if new:
        parts.append(f"new in _extra: {', '.join(_shown(header, position) for position, header in new)}")
    return "; ".join(parts) or None


def _match_keys(extract: Extract, line: str) -> Layout:
    try:
        record = json.loads(line or "{}")
    except json.JSONDecodeError:
        record = {}  # a bad row like any other: it goes to quarantine
    keys = list(record) if isinstance(record, dict) else []
    known = {key.strip().casefold(): key for key in keys}
    headers = {header for column in extract.columns for header in column.headers}
    unknown = [key for key in keys if key.strip().casefold() not in headers]
    if extract.schema_mode != "evolve":
        _refuse_unknown(keys, unknown, extract.schema_mode)
    found = [next((known[header] for header in column.headers if header in known), None) for column in extract.columns]
    mapped = [
        (key or column.header or column.name, column.name) for key, column in zip(found, extract.columns, strict=True)
    ]
    return (*mapped, *((key, f"{EXTRA}{position}") for position, key in enumerate(unknown, 1)))


def _refuse_unknown(headers: Sequence[str], unknown: Sequence[str], schema_mode: str) -> None:
    if unknown:
        shown = ", ".join(_shown(header, position) for position, header in enumerate(headers, 1) if header in unknown)
        raise HeaderError(f"it has columns that the contract does not know: {shown} (schema_mode {schema_mode})")


def _missing(name: str, headers: Sequence[str], unknown: Sequence[str]) -> str:
    candidates = {header.strip().casefold(): header.strip() for header in unknown}
    near = [found for header in headers for found in difflib.get_close_matches(header, candidates, n=1, cutoff=0.5)]
    known = f"; the nearest header is '{candidates[near[0]]}'" if near else ""
    return f"column {name} is missing{known}"


def _shown(header: str, position: int) -> str:
    return f"'{header.strip()}'" if _LOOKS_LIKE_A_NAME.fullmatch(header.strip()) else f"(column {position})"


def _parquet_names(path: Path) -> list[str]:
    # Imported late, since few runs meet parquet; and not asked of DuckDB, which needs thirty times as long a file.
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return list(parquet.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise HeaderError("it cannot be read as parquet") from error


def _first_line(extract: Extract, path: Path) -> str:
    # Decoding runs ahead of the line: a bad byte further on is a matter of its row, not of the header.
    encoding = "utf-8-sig" if extract.encoding in {"utf-8", "utf8", "ascii"} else extract.encoding
    with _open(extract, path) as file, io.TextIOWrapper(file, encoding, errors="replace", newline="") as text:
        line = text.readline(_LONGEST_LINE)
    line = line.removeprefix("\ufeff")
    if "\N{REPLACEMENT CHARACTER}" in line and extract.format.startswith("csv"):
        raise HeaderError(f"its header line is not valid {extract.encoding}")
    return line


def _open(extract: Extract, path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path, "rb") if extract.is_gzip else path.open("rb")
