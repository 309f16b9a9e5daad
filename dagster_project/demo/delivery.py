"""Writing files into the inbox as a careful sender does, and remembering what was sent."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from dagster_project.failpoints import failpoint
from dagster_project.settings import Settings
from dagster_project.warehouse import quote

_COPY_OPTIONS: Final = {
    "csv": "format csv, header, delimiter ','",
    "jsonl": "format json",
    "parquet": "format parquet, compression zstd",
}
#: zlib's fastest: files a quarter larger for a third of the time.
_GZIP_LEVEL: Final = 1
_DATE: Final = re.compile(r"_(\d{4}-\d{2}-\d{2})\.")


def write_file(con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object], target: Path) -> str:
    """Write the rows of a query; returns the SHA-256 of the file.

    The file appears under its name when it is complete. The same rows give the same bytes.

    Args:
        con: Connection, used by one thread at a time.
        query: Rows in the order in which they are written.
        parameters: Values of the query.
        target: Its suffix (csv, csv.gz, jsonl, parquet) says the format.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    suffix = target.name.partition(".")[2]
    plain = target.with_name(f".{target.name}.plain")
    complete = plain
    con.execute(f"copy ({query}) to {quote(plain)} ({_COPY_OPTIONS[suffix.removesuffix('.gz')]})", dict(parameters))
    if suffix.endswith(".gz"):
        complete = target.with_name(f"{target.name}.part")
        with (
            plain.open("rb") as source,
            complete.open("wb") as raw,
            gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as packed,
        ):
            shutil.copyfileobj(source, packed, 1 << 20)
        plain.unlink()
    with complete.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    failpoint("demo.file_written")
    complete.replace(target)
    failpoint("demo.file_placed")
    return digest


@dataclass
class Manifest:
    """What a pack delivered into a home: kept so that a second delivery need not make the files to compare them.

    Attributes:
        settings: The home.
        edition: Version of the data and its options; another edition starts an empty manifest.
        files: SHA-256 by path below the inbox.
        delivered_until: Last business date by `<system>.<extract>`.
    """

    settings: Settings
    edition: str
    files: dict[str, str] = field(default_factory=dict)
    delivered_until: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, settings: Settings, edition: str) -> Manifest:
        path = _path(settings)
        stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if stored.get("edition") != edition:
            return cls(settings, edition)
        return cls(settings, edition, stored["files"], stored["delivered_until"])

    def add(self, system: str, extract: str, until: date, files: Mapping[str, str]) -> None:
        """Remember files of an extract that is complete up to a date."""
        name = f"{system}.{extract}"
        self.files.update(files)
        self.delivered_until[name] = max(until.isoformat(), self.delivered_until.get(name, ""))
        path = _path(self.settings)
        partial = path.with_suffix(".tmp")
        content = {"edition": self.edition, "files": self.files, "delivered_until": self.delivered_until}
        partial.write_text(json.dumps(content, indent=1), encoding="utf-8")
        failpoint("demo.manifest_written")
        partial.replace(path)
        failpoint("demo.manifest_placed")

    def is_delivered(self, system: str, extract: str, until: date) -> bool:
        """Whether every file of the extract up to a date is where it was put, or in landing."""
        if self.delivered_until.get(f"{system}.{extract}", "") < until.isoformat():
            return False
        return all(self.has(key) for key in self._keys(system, extract, until))

    def has(self, key: str) -> bool:
        """Whether a file waits in the inbox or was taken from there."""
        sha256 = self.files.get(key)
        if sha256 is None:
            return False
        system, _, name = key.partition("/")
        landed = self.settings.landing / system / f"{sha256}.{name.partition('.')[2]}"
        return landed.exists() or (self.settings.inbox / key).exists()

    def count(self, system: str, extract: str, until: date) -> int:
        """Files of an extract up to a date."""
        return len(self._keys(system, extract, until))

    def _keys(self, system: str, extract: str, until: date) -> list[str]:
        dated = {key: _DATE.search(key) for key in self.files if key.startswith(f"{system}/{extract}_")}
        # An extract's name may begin with another's (campaign_households): what follows it must be the date.
        prefix = len(f"{system}/{extract}")
        return [
            key for key, match in dated.items() if match and match.start() == prefix and match[1] <= until.isoformat()
        ]


def _path(settings: Settings) -> Path:
    return settings.home.resolve() / "demo_manifest.json"
