"""How `tenure` talks to a person: tables on standard output; progress and errors on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from rich.console import Console, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from dagster_project.errors import TenureError

# A pipe or a log file has no width of its own: tables are as wide as their contents there, and no row is folded.
_PLAIN_WIDTH: Final = 10_000


@cache
def out() -> Console:
    """Standard output: what the user asked for."""
    return _console(stderr=False)


@cache
def err() -> Console:
    """Standard error: progress, notes and errors, so that output can be piped."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    return console


def say(text: str = "") -> None:
    """One paragraph to standard output."""
    out().print(text, soft_wrap=not out().is_terminal)


def note(text: str) -> None:
    """One paragraph to standard error."""
    err().print(text, soft_wrap=not err().is_terminal)


def complain(error: TenureError) -> None:
    """What happened and the next command, as one paragraph on standard error."""
    err().print(Text.assemble(("Error: ", "bold red"), str(error)), soft_wrap=not err().is_terminal)


def table(headers: Iterable[str], rows: Iterable[Iterable[object]], *, right: frozenset[str] = frozenset()) -> Table:
    """Rows under headers, aligned; the columns named in `right` hold numbers.

    >>> grid = table(["system", "files"], [["pos", 365]], right=frozenset({"files"}))
    >>> [column.justify for column in grid.columns]
    ['left', 'right']
    """
    names = list(headers)
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=any(names))
    for header in names:
        grid.add_column(header, justify="right" if header in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(_cell(value) for value in row))
    return grid


def _cell(value: object) -> RenderableType:
    if isinstance(value, Text):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "-" if value is None else str(value)


def facts(rows: Iterable[tuple[str, object]]) -> Table:
    """Label and value, one pair a line."""
    grid = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in rows:
        grid.add_row(label, _cell(value))
    return grid


def amount(count: int, noun: str) -> str:
    """A count with its noun.

    >>> amount(1, "file"), amount(1200, "file")
    ('1 file', '1,200 files')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def size(count: int) -> str:
    """Bytes for people, in powers of 1000.

    >>> size(512), size(45_200_000)
    ('512 B', '45.2 MB')
    """
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def duration(seconds: float) -> str:
    """Seconds for people.

    >>> duration(7.25), duration(83), duration(4000)
    ('7.2 s', '1 min 23 s', '1 h 6 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """A function that reports the step at hand: one live line on a terminal, a line a step elsewhere."""
    started = time.monotonic()
    if not err().is_terminal:
        yield lambda message: note(f"[{time.monotonic() - started:6.1f} s] {message}")
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=err(), transient=True) as live:
        task = live.add_task(title, total=None)
        yield lambda message: live.update(task, description=f"{title}: {message}")
