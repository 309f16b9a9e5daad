"""What stewards decided: one JSON line a decision in `identity/decisions.jsonl`, the only place that holds it.

Lines are never changed. Of several decisions on one pair of records the last one holds. Every run reads the file, so
decisions outlive the databases; a backup of the home without it forgets them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from dagster_project.errors import StorageError
from dagster_project.failpoints import failpoint
from dagster_project.settings import Settings

Record = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """A steward's word on pairs of records.

    Attributes:
        decision_id: `D1`, `D2`, … in order of time.
        action: `merge`: the pairs are one person; `split`: they are two.
        pairs: Source system and key of the first and the second record of each pair.
        reason: In the steward's words, without personal data.
        author: User of the operating system.
        decided_at: UTC, ISO 8601.
    """

    decision_id: str
    action: Literal["merge", "split"]
    pairs: tuple[tuple[Record, Record], ...]
    reason: str
    author: str
    decided_at: str


def read_decisions(settings: Settings) -> list[Decision]:
    """All decisions, oldest first.

    Raises:
        StorageError: a line cannot be read; says which.
    """
    path = settings.identity_decisions
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        # A killed write leaves half a line, which was never answered for.
        if not line.endswith("}"):
            continue
        try:
            found.append(_decision(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"Line {number} of {path} is no decision: {type(error).__name__}. Nothing was resolved.",
                "restore the file from a backup, or take that line out",
            ) from error
    return found


def record_decision(
    settings: Settings,
    action: Literal["merge", "split"],
    pairs: Sequence[tuple[Record, Record]],
    *,
    reason: str,
    author: str,
    now: datetime,
) -> Decision:
    """Add a decision and flush it to the disk; the next run obeys it. The caller holds the writer lock."""
    number = len(read_decisions(settings)) + 1
    decision = Decision(f"D{number}", action, tuple(pairs), reason, author, now.isoformat(timespec="seconds"))
    path = settings.identity_decisions
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    begin = "" if not text or text.endswith("\n") else "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{begin}{json.dumps(asdict(decision), ensure_ascii=False)}\n")
        file.flush()
        os.fsync(file.fileno())
    failpoint("identity.decision_written")
    return decision


def _decision(row: dict[str, Any]) -> Decision:
    pairs = tuple((tuple(one), tuple(other)) for one, other in row["pairs"])
    return Decision(**{**row, "pairs": pairs})
