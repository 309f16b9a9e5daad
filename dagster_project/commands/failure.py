"""How a command fails: one paragraph and an exit code; the traceback of an unforeseen error goes to a file."""

from __future__ import annotations

import tempfile
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from dagster_project.errors import TenureError

_LOG_NAME: Final = "tenure.log"


def show(error: TenureError) -> int:
    """Print the paragraph; returns the exit code, even where the paragraph finds no room in a log on the full disk."""
    from dagster_project.commands.terminal import complain

    with suppress(OSError):
        complain(error)
    return error.exit_code


def explain(error: Exception, now: datetime) -> TenureError:
    """What to tell the user: an error of ours that a library wrapped, else where the traceback is."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TenureError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return _keep_traceback(error, now)


def _keep_traceback(error: Exception, now: datetime) -> TenureError:
    """Append the traceback of `error` to `tenure.log` of the home; returns the paragraph to show."""
    trace = "".join(traceback.format_exception(error))
    cause = type(error).__name__
    log_file = _append(f"{now.isoformat(timespec='seconds')}\n{trace}\n")
    return TenureError(
        f"Something went wrong that Tenure did not foresee ({cause}). The details are in {log_file}.",
        "`tenure doctor`; if all is in order, report the problem with that file, without private values",
    )


def _append(text: str) -> Path:
    """Write below the home where that is possible, else below the system's folder for temporary files."""
    try:
        from dagster_project.settings import Settings

        log_file = Settings().log_file
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with log_file.open("a", encoding="utf-8") as log:
            log.write(text)
    except (OSError, ValueError):
        log_file = Path(tempfile.gettempdir()) / _LOG_NAME
        with log_file.open("a", encoding="utf-8") as log:
            log.write(text)
    return log_file
