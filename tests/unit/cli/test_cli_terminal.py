"""What the terminal shows: a live line for people, plain lines for logs, output apart from both."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from dagster_project.commands import terminal


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal of 60 columns in place of standard error."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=60, highlight=False, markup=False)
    monkeypatch.setattr(terminal, "err", lambda: console)
    return text


def test_on_a_terminal_progress_is_one_live_line(screen: io.StringIO) -> None:
    with terminal.progress("Daily job") as report:
        report("marts [dbt]")
    assert "Daily job: marts [dbt]" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K"), "the line is gone when the work is done"


def test_elsewhere_progress_is_a_line_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.err.cache_clear()
    with terminal.progress("Daily job") as report:
        report("raw")
        report("marts [dbt]")
    printed = capsys.readouterr()
    assert [line.split("] ")[1] for line in printed.err.splitlines()] == ["raw", "marts [dbt]"]
    assert printed.out == ""


def test_a_path_in_a_pipe_is_never_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.out.cache_clear()
    path = "/home/" + "x" * 500
    terminal.say(f"The report is {path}")
    assert capsys.readouterr().out == f"The report is {path}\n"


def test_square_brackets_of_a_value_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.out.cache_clear()
    terminal.out().print(terminal.table(["a"], [["[bold]x[/bold]"]]))
    assert "[bold]x[/bold]" in capsys.readouterr().out
