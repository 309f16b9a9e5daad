"""Places where a test may end the process: one before and after every step that outlives it.

`failpoint("landing.copied")` does nothing until a test arms it, and costs one look into a dictionary then. The
list below is all of them; `tests/project/test_failpoints.py` holds the code to it. Arming comes from the setting
`TENURE_FAILPOINT` and is done by the command line, so nothing here reads the environment.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from dagster_project.errors import ConfigurationError

#: What has happened when the point is reached.
FAIL_POINTS: Final[Mapping[str, str]] = {
    "home.instance_file_written": "A new home's dagster.yaml is written beside its place.",
    "home.instance_file_placed": "It is in its place.",
    "home.tables_made": "Ledger, quarantine and raw tables of a new home are committed.",
    "demo.file_written": "A file of the sample data is written under a sender's name.",
    "demo.file_placed": "It is in the inbox.",
    "demo.manifest_written": "The list of delivered sample files is written beside its place.",
    "demo.manifest_placed": "It is in its place.",
    "landing.copied": "A delivery is copied under a partial name and flushed.",
    "landing.placed": "The copy has its final name.",
    "journal.written": "The deliveries of a batch are in the journal of landing.",
    "load.rows_stored": "The rows of a batch are in raw and quarantine, not committed.",
    "load.recorded": "Their ledger rows are written too, not committed.",
    "load.committed": "Rows and ledger rows are committed; the files are still in the inbox.",
    "load.inbox_file_removed": "A loaded file has left the inbox.",
    "checks.stored": "The results of a quality gate are committed.",
    "checks.rows_quarantined": "Rows that break a rule are in quarantine, not committed.",
    "checks.loads_held": "Loads behind a blocking failure are held.",
    "checks.loads_passed": "Loads that passed the raw gate are marked, their bad rows moved.",
    "checks.settled": "All loads of a gate are settled; the overview is not written.",
    "docs.page_written": "A page of the Data Docs is written beside its place.",
    "docs.page_placed": "It is in its place.",
    "dbt.gate_started": "A gate is open and dbt has not begun.",
    "dbt.node_built": "dbt has finished one model, seed or test.",
    "dbt.gate_built": "dbt has finished a gate; its test results are not stored.",
    "dbt.results_stored": "They are stored.",
    "identity.decision_written": "A steward's decision is in its file and flushed.",
    "identity.ids_restored": "A lake that was made anew has its ids back from their copy.",
    "identity.ids_kept": "What identity resolution remembers is written, not committed.",
    "identity.copy_written": "The copy of the ids is written beside its place and flushed.",
    "identity.copy_placed": "It is in its place; the database is not committed.",
    "identity.tables_filled": "Crosswalk, links and questions to stewards are filled, not committed.",
    "identity.committed": "They are committed.",
    "ml.table_filled": "A table of a model is filled, not committed.",
    "ml.table_committed": "It is committed.",
    "model.file_written": "A file of a fitted model is written beside its place and flushed.",
    "model.file_placed": "It is in its place.",
    "release.ops_copied": "The ledger is copied into the build file.",
    "release.checkpointed": "The build file holds everything; its log is empty.",
    "release.placed": "The new release is in its place, without a row in the ledger.",
    "release.recorded": "It has its row.",
    "file.written": "A release, report or export is written beside its place.",
    "file.flushed": "It is on the disk.",
    "file.placed": "It is in its place; the folder is not flushed.",
    "export.placed": "An exported file is in its place, without a row in the ledger.",
    "export.recorded": "It has its row.",
    "rebuild.loaded": "A batch from landing is in the new lake, which is beside its place.",
    "rebuild.set_aside": "The old lake has left its place; the new one is not there yet.",
    "rebuild.placed": "The new lake is in its place.",
}

_FORM: Final = re.compile(r"(?P<name>[a-z_.]+)=(?P<action>raise|kill)(?:@(?P<hit>[1-9]\d*))?")
_TRACE: Final = "trace="

_armed: dict[str, Callable[[str], None]] = {}


class FailPointError(RuntimeError):
    """Raised by a fail point that was armed to raise."""


def failpoint(name: str) -> None:
    """Do what the point is armed for; nothing unless a test armed it.

    >>> failpoint("landing.copied")
    """
    if name in _armed:
        _armed[name](name)


def arm(specification: str) -> None:
    """Arm one point, or disarm all.

    Args:
        specification: `<name>=raise`, `<name>=kill` (SIGKILL of this process), either with `@<n>` for the n-th
            time the point is reached; `trace=<file>` adds the name of each point that is reached to a file; empty
            for nothing.

    Raises:
        ConfigurationError: the text has another form or names no point.

    >>> arm("landing.copied=raise@2")
    >>> failpoint("landing.copied")
    >>> arm("")
    """
    _armed.clear()
    if specification.startswith(_TRACE):
        _armed.update(dict.fromkeys(FAIL_POINTS, _tracing(Path(specification.removeprefix(_TRACE)))))
    elif specification:
        found = _FORM.fullmatch(specification)
        if found is None or found["name"] not in FAIL_POINTS:
            raise ConfigurationError(
                f"TENURE_FAILPOINT is '{specification}', which arms no fail point.",
                "unset it: it is for the fault suite alone",
            )
        _armed[found["name"]] = _ending(found["action"], int(found["hit"] or 1))


def _tracing(path: Path) -> Callable[[str], None]:
    def trace(name: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")

    return trace


def _ending(action: str, hit: int) -> Callable[[str], None]:
    left = hit

    def end(name: str) -> None:
        nonlocal left
        left -= 1
        if left:
            return
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise FailPointError(f"fail point {name}")

    return end
