"""Planted data defects: what source systems do wrong, each once, in a feed of its own, written down with file and line.

Off unless asked for. A defect changes a file after its system has sent it, as a bad night would. Each is meant to be
seen by its own check or hold at raw; nothing else may be.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from dagster_project.demo.telecom.sent_files import SentFile, sent_files
from dagster_project.errors import ConfigurationError

if TYPE_CHECKING:
    from dagster_project.demo.delivery import Manifest
    from dagster_project.demo.telecom.world import World

#: Damages the file that is chosen among those of a feed; returns the lines that are wrong (1 = the header of csv).
Damage = Callable[[list[SentFile]], tuple[SentFile, list[int]]]


@dataclass(frozen=True, slots=True)
class Defect:
    """One kind of defect and where it is planted.

    Attributes:
        kind: Name of the kind.
        system, extract: The feed.
        damage: How.
        seen_as: How raw is to notice it: the ledger's status of the file, or the check that fails.
    """

    kind: str
    system: str
    extract: str
    damage: Damage
    seen_as: str


def plant_defects(world: World, manifest: Manifest) -> None:
    """Damage the inbox, one defect of each kind, and plant where; the manifest knows the damaged files as sent.

    Raises:
        ConfigurationError: a feed has no file to damage.
    """
    rows = []
    for defect in DEFECTS:
        files = sent_files(manifest, defect.system, defect.extract)
        if not files:
            raise ConfigurationError(
                f"{defect.kind} cannot be planted in {defect.system}.{defect.extract}: expected at least one file, got "
                "none. So small an operator gives that system nothing to send.",
                "`tenure demo telecom --customers 500 --with-defects` or more customers",
            )
        chosen, lines = defect.damage(files)
        for line in lines or [None]:
            rows.append(
                {
                    "kind": defect.kind,
                    "system": defect.system,
                    "extract": defect.extract,
                    "file": chosen.name,
                    "line": line,
                    "business_on": chosen.business_on,
                    "seen_as": defect.seen_as,
                }
            )
    world.con.register("planted_defects", pa.Table.from_pylist(rows, schema=_SCHEMA))
    world.plant("defects", "select * from planted_defects order by kind, file, line")
    world.con.unregister("planted_defects")


_SCHEMA: Final = pa.schema(
    [("kind", pa.string()), ("system", pa.string()), ("extract", pa.string()), ("file", pa.string()),
     ("line", pa.int64()), ("business_on", pa.date32()), ("seen_as", pa.string())]
)  # fmt: skip


def _middle(files: list[SentFile]) -> SentFile:
    """A file in the middle of the history, the fullest of five around: damage needs rows."""
    middle = len(files) // 2
    return max(files[max(0, middle - 2) : middle + 3], key=lambda file: (file.path.stat().st_size, file.name))


def _whole_days(files: list[SentFile]) -> list[SentFile]:
    """Files that hold a whole day; the recent past comes by the hour."""
    return [file for file in files if file.name.endswith(f"_{file.business_on}.parquet")]


def _lines(change: Callable[[list[str]], list[int]]) -> Damage:
    """Damage to the text of one file: `change` alters the lines and returns the numbers of the wrong ones."""

    def damage(files: list[SentFile]) -> tuple[SentFile, list[int]]:
        file = _middle(files)
        lines = file.read_lines()
        wrong = change(lines)
        file.write_lines(lines)
        return file, wrong

    return damage


def _field(header: str, value: Callable[[str], str]) -> Damage:
    """One field of the first row of csv gets another value."""

    def change(lines: list[str]) -> list[int]:
        delimiter = next(character for character in "|;," if character in lines[0])
        fields = lines[1].split(delimiter)
        position = [name.strip('"') for name in lines[0].split(delimiter)].index(header)
        fields[position] = value(fields[position])
        lines[1] = delimiter.join(fields)
        return [2]

    return _lines(change)


def _later(lines: list[str]) -> list[int]:
    """The clock of the sender stood on another century."""
    row = json.loads(lines[0])
    row["responded_at"] = "2099-12-31 08:00:00"
    lines[0] = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return [1]


def _fewer(lines: list[str]) -> list[int]:
    """Four of five rows are not there, from all over the file."""
    del lines[: len(lines) - max(1, len(lines) // 5)]
    return []


def _vanished(lines: list[str]) -> list[int]:
    """Six of ten records are not in the snapshot."""
    lines[1:] = [line for number, line in enumerate(lines[1:]) if number % 5 < 2]
    return []


def _truncated(lines: list[str]) -> list[int]:
    """The file ends at the end of a line, half-way."""
    del lines[1 + len(lines) // 2 :]
    return []


def _renamed(lines: list[str]) -> list[int]:
    lines[0] = lines[0].replace("outcome", "result_code")
    return [1]


def _added(lines: list[str]) -> list[int]:
    lines[0] += ",remark"
    lines[1:] = [f"{line}," for line in lines[1:]]
    return [1]


def _repeated(lines: list[str]) -> list[int]:
    """The last row is there twice."""
    lines.append(lines[-1])
    return [len(lines)]


def _shifted(lines: list[str]) -> list[int]:
    """A field got lost, and all behind it moved to the left."""
    fields = lines[1].split(",")
    lines[1] = ",".join([fields[0], *fields[2:], ""])
    return [2]


def _lost_cent(lines: list[str]) -> list[int]:
    """Net and gross amount of an invoice lost a cent each: only the control total knows."""
    header, fields = lines[0].split(","), lines[1].split(",")
    for name in ("net_amount", "gross_amount"):
        position = header.index(name)
        whole, _, cents = fields[position].partition(".")
        amount = int(whole + cents) - 1
        fields[position] = f"{amount // 100}.{amount % 100:02d}"
    lines[1] = ",".join(fields)
    return [2]


def _orphaned(lines: list[str]) -> list[int]:
    """A receipt for a message that nobody sent."""
    fields = lines[1].split("|")
    lines[1] = "|".join(["SX00000000", *fields[1:]])
    return [2]


def _missing(files: list[SentFile]) -> tuple[SentFile, list[int]]:
    days = _whole_days(files)
    file = days[len(days) // 4]
    file.remove()
    return file, []


def _swapped(files: list[SentFile]) -> tuple[SentFile, list[int]]:
    """Two neighbouring days bear each other's name."""
    days = _whole_days(files)
    one, other = days[len(days) // 2], days[len(days) // 2 + 1]
    ours, theirs = one.path.read_bytes(), other.path.read_bytes()
    one.write(theirs)
    other.write(ours)
    return one, []


def _sent_again(files: list[SentFile]) -> tuple[SentFile, list[int]]:
    """The day after brings the file of the day before under its own name."""
    files[-1].write(files[-2].path.read_bytes())
    return files[-1], []


def _cut(files: list[SentFile]) -> tuple[SentFile, list[int]]:
    file = _middle(files)
    file.write(file.path.read_bytes()[:-200])
    return file, []


def _wrongly_encoded(files: list[SentFile]) -> tuple[SentFile, list[int]]:
    file = max(files, key=lambda sent: (sent.path.stat().st_size, sent.name))
    file.write(file.path.read_text(encoding="utf-8").encode("gb18030"))
    return file, []


DEFECTS: Final = (
    Defect("duplicated_file", "privacy", "do_not_contact", _sent_again, "duplicate"),
    Defect("missing_day", "mediation", "usage", _missing, "mediation_days_complete"),
    Defect("truncated_at_line_end", "billing", "invoice_lines", _lines(_truncated), "held"),
    Defect("cut_gzip", "web", "events", _cut, "rejected"),
    Defect("wrong_encoding", "hotline", "complaints", _wrongly_encoded, "held"),
    Defect("header_renamed", "outbound", "results", _lines(_renamed), "held"),
    Defect("header_added", "survey", "reviews", _lines(_added), "held"),
    Defect("mangled_phone", "directory", "lookups", _field("Caller No", lambda _: "1.29E+10"), "bad rows"),
    Defect("future_date", "marketing", "responses", _lines(_later), "bad rows"),
    Defect(
        "negative_amount", "billing", "payments", _field("amount", lambda text: f"-{text}"), "billing_payment_positive"
    ),
    Defect("unknown_code", "privacy", "requests", _field("kind", lambda _: "inspection"), "bad rows"),
    Defect("duplicate_key", "privacy", "consents", _lines(_repeated), "privacy_consent_unique"),
    Defect("orphan_reference", "sms_gateway", "receipts", _lines(_orphaned), "sms_receipt_message_exists"),
    Defect("shifted_columns", "ibss", "orders", _lines(_shifted), "bad rows"),
    Defect("lost_cent", "billing", "invoices", _lines(_lost_cent), "held"),
    Defect("volume_drop", "market", "competitor_offers", _lines(_fewer), "held"),
    Defect("vanished_snapshot", "ibss", "customer_stock", _lines(_vanished), "held"),
    Defect("swapped_day", "mediation", "usage", _swapped, "mediation_began_on_file_date"),
)
