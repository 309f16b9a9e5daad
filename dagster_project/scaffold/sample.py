"""A sample file as it stands: format, encoding, delimiter, header. Guesses here are proven on the whole sample.

The sample is somebody's data: no message of this module quotes a field of it.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from dagster_project.errors import ConfigurationError

_SUFFIXES: Final = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".csv.gz": "csv.gz", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".jsonl.gz": "jsonl.gz", ".parquet": "parquet",
}  # fmt: skip
_MOST_BYTES: Final = 500_000_000
_DELIMITERS: Final = (",", ";", "\t", "|")
_HEADER: Final = re.compile(r"[^\W\d][\w .()/%#-]{0,62}")
#: Share of the characters beyond ASCII that must be everyday Chinese for a text to count as GB18030.
_EVERYDAY_SHARE: Final = 0.9
_ANSWER: Final = "ask its owner for a complete file, or describe the system by hand (CONTRIBUTING.md)"


@dataclass(frozen=True, slots=True)
class Sample:
    """What a sample file is.

    Attributes:
        path: The file.
        format: As a contract calls it.
        encoding: Of its text; utf-8 for parquet.
        delimiter: Of csv.
        headers: Names of its columns as they stand in it.
        types: Their types where the file knows them (parquet), else empty.
    """

    path: Path
    format: str
    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    types: tuple[str, ...] = ()


def read_sample(con: duckdb.DuckDBPyConnection, path: Path, spill: Path) -> Sample:
    """Look at a sample and put its rows into the table `temp.sample`, columns `c0`, `c1`, …, all text.

    Args:
        con: Any connection.
        path: The file.
        spill: Folder for a copy in utf-8, which is removed again.

    Raises:
        ConfigurationError: it is no file of a known format, or has no header.
    """
    kind = next((kind for suffix, kind in reversed(_SUFFIXES.items()) if path.name.endswith(suffix)), None)
    if kind is None or not path.is_file():
        raise ConfigurationError(
            f"{path} is not a sample that can be read; expected a file ending in {', '.join(_SUFFIXES)}",
            "give a file with --from",
        )
    if path.stat().st_size > _MOST_BYTES:
        raise ConfigurationError(f"{path} is larger than {_MOST_BYTES:,} bytes", "cut a sample of whole lines from it")
    if kind == "parquet":
        return _parquet(con, path)
    data = _unpacked(path) if kind.endswith(".gz") else path.read_bytes()
    encoding, text = _decoded(data, path)
    spill.mkdir(parents=True, exist_ok=True)
    copy = spill / "sample.utf8"
    copy.write_text(text, encoding="utf-8", newline="")
    try:
        if kind.startswith("jsonl"):
            return Sample(path, kind, encoding, ",", _jsonl(con, copy, path))
        delimiter, headers = _dialect(text, path)
        _csv(con, copy, path, delimiter, headers)
        return Sample(path, kind, encoding, delimiter, headers)
    finally:
        copy.unlink()


def _unpacked(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (EOFError, OSError, zlib.error) as error:
        raise ConfigurationError(f"{path} is not a whole gzip file", _ANSWER) from error


def _decoded(data: bytes, path: Path) -> tuple[str, str]:
    """Encoding and text; utf-8, utf-16 by its mark, GB18030 if it reads as everyday Chinese, else Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", data.decode("utf-16")
    try:
        return "utf-8", data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        chinese = data.decode("gb18030")
    except UnicodeDecodeError:
        return "latin-1", data.decode("latin-1")
    foreign = [character for character in chinese if not character.isascii()]
    everyday = sum(_is_everyday(character) for character in foreign)
    if foreign and everyday / len(foreign) >= _EVERYDAY_SHARE:
        return "gb18030", chinese
    if b"\0" in data:
        raise ConfigurationError(f"{path} is not text", _ANSWER)
    return "latin-1", data.decode("latin-1")


def _is_everyday(character: str) -> bool:
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def _dialect(text: str, path: Path) -> tuple[str, tuple[str, ...]]:
    """The delimiter that splits the first lines most often alike, and the header under it."""
    head = "".join(io.StringIO(text, newline="").readlines()[:200])
    splits = {
        mark: [row for row in csv.reader(io.StringIO(head, newline=""), delimiter=mark) if row] for mark in _DELIMITERS
    }
    best = max(_DELIMITERS, key=lambda mark: _evenness(splits[mark]))
    if not splits[best]:
        raise ConfigurationError(f"{path} is empty", _ANSWER)
    return best, _checked([header.strip() for header in splits[best][0]], path)


def _evenness(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    widths = Counter(len(row) for row in rows)
    width = len(rows[0]) if rows else 0
    return (widths[width] / max(1, len(rows)) if width > 1 else 0.0, width)


def _checked(headers: Sequence[str], path: Path) -> tuple[str, ...]:
    """A header that is somebody's data must not become column names."""
    odd = [number for number, header in enumerate(headers, 1) if not _HEADER.fullmatch(header)]
    if odd:
        listed = ", ".join(map(str, odd[:5]))
        raise ConfigurationError(
            f"{path} has no header line: field {listed} of its first line is no name. A contract maps by name", _ANSWER
        )
    twice = sum(count > 1 for count in Counter(header.casefold() for header in headers).values())
    if twice:
        raise ConfigurationError(f"{path} has {twice} column names that stand twice in its header", _ANSWER)
    return tuple(headers)


def _csv(con: duckdb.DuckDBPyConnection, copy: Path, path: Path, delimiter: str, headers: Sequence[str]) -> None:
    columns = {f"c{number}": "varchar" for number in range(len(headers))}
    try:
        con.execute(
            "create or replace temp table sample as select * from read_csv($path, auto_detect = false, header = true, "
            "columns = $columns, delim = $delimiter, quote = '\"', escape = '\"', nullstr = '')",
            {"path": str(copy), "columns": columns, "delimiter": delimiter},
        )
    except duckdb.Error as error:
        # DuckDB's message quotes the line.
        raise ConfigurationError(f"{path} has lines that do not have {len(headers)} fields", _ANSWER) from error


def _jsonl(con: duckdb.DuckDBPyConnection, copy: Path, path: Path) -> tuple[str, ...]:
    con.execute(
        "create or replace temp table lines as select line from read_csv($path, auto_detect = false, header = false, "
        "columns = {line: 'varchar'}, delim = chr(1), quote = '', escape = '') where line is not null",
        {"path": str(copy)},
    )
    objects = "case when json_valid(line) then json_type(line) end = 'OBJECT'"
    [(lines, whole)] = con.execute(f"select count(*), count_if({objects}) from lines").fetchall()
    if not lines or lines != whole:
        raise ConfigurationError(f"{path}: {lines - whole:,} of {lines:,} lines are no JSON object", _ANSWER)
    keys = con.execute(
        """
        select key from (
            select unnest(keys) as key, unnest(range(len(keys))) as place, line_number
            from (select json_keys(line) as keys, rowid as line_number from lines)
        )
        group by key order by min((line_number, place))
        """
    ).fetchall()
    headers = _checked([key for (key,) in keys], path)
    fields = ", ".join(f"found[{number}] as c{number - 1}" for number in range(1, len(headers) + 1))
    con.execute(
        f"create or replace temp table sample as select {fields} "
        "from (select json_extract_string(line, $paths) as found from lines)",
        {"paths": [f'$."{header}"' for header in headers]},
    )
    con.execute("drop table temp.lines")
    return headers


def _parquet(con: duckdb.DuckDBPyConnection, path: Path) -> Sample:
    try:
        described = con.execute("describe from read_parquet($path)", {"path": str(path)}).fetchall()
    except duckdb.Error as error:
        raise ConfigurationError(f"{path} cannot be read as parquet", _ANSWER) from error
    headers = _checked([row[0] for row in described], path)
    fields = ", ".join(
        'cast("{}" as varchar) as c{}'.format(header.replace('"', '""'), number)
        for number, header in enumerate(headers)
    )
    con.execute(f"create or replace temp table sample as select {fields} from read_parquet($path)", {"path": str(path)})
    return Sample(path, "parquet", "utf-8", ",", headers, tuple(str(row[1]).lower() for row in described))
