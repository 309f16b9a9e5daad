"""The control total: lines counted byte by byte against rows that the reader saw.

A csv reader that loses rows does so silently (an unclosed quote takes the rest of a file for one field), so a
file is believed only where two independent counts agree.
"""

from __future__ import annotations

import gzip
import io
import re
from typing import Final

from dagster_project.extract.contract import Extract
from dagster_project.extract.scans import Source
from dagster_project.extract.store import Seen

_BLANK_LINE: Final = re.compile(rb"[\r\n]*")


def agrees(extract: Extract, source: Source, seen: Seen) -> bool:
    """Whether the number of lines is that of header and rows. True where lines and rows are different things."""
    lines = source.load.landed.lines
    return lines is None or lines - extract.header_lines == seen.accepted + seen.broken


def doubt(extract: Extract, source: Source, seen: Seen) -> str | None:
    """Why the rows of a file with bad rows cannot be told apart for certain; None if they can."""
    if seen.swallows_lines:
        return "a quote that is never closed takes several lines for one field"
    if agrees(extract, source, seen) and (source.load.landed.lines is not None or not seen.broken):
        return None
    blank = _blank_lines(source)
    lines = source.load.landed.lines
    if seen.broken and blank:
        return f"it has broken rows and {blank:,} blank lines, so its rows cannot be numbered"
    rows = seen.accepted + seen.broken
    if lines is not None and lines - extract.header_lines - blank != rows:
        return f"it has {lines - extract.header_lines - blank:,} lines of data, but the reader finds {rows:,} rows"
    return None


def _blank_lines(source: Source) -> int:
    with _open(source) as file:
        return sum(1 for line in file if _BLANK_LINE.fullmatch(line))


def _open(source: Source) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(source.path, "rb") if source.path.suffix == ".gz" else source.path.open("rb")
