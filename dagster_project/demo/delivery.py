"""Writing files into the inbox as a careful sender does, and remembering what was sent."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

import duckdb

from dagster_project.failpoints import failpoint
from dagster_project.settings import Settings
from dagster_project.warehouse import quote

_COPY_OPTIONS: Final = {
    "csv": "format csv, header, delimiter '{delimiter}'",
    "jsonl": "format json",
    "parquet": "format parquet, compression zstd",
}
#: zlib's fastest: files a quarter larger for a third of the time.
_GZIP_LEVEL: Final = 1
#: The business date in a file name, with the part of the day where there is one.
DATED: Final = re.compile(r"_(\d{4}-\d{2}-\d{2})(?:_\d{2})?\.")


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How a text file is written.

    Attributes:
        encoding: Python's name of the encoding.
        delimiter: Between the fields of csv.
    """

    encoding: str = "utf-8"
    delimiter: str = ","


def write_file(
    con: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, object],
    target: Path,
    *,
    text: TextFormat = TextFormat(),
    control: Mapping[str, str] | None = None,
) -> str:
    """Write the rows of a query; returns the SHA-256 of the file.

    The file appears under its name when it is complete. The same rows give the same bytes.

    Args:
        con: Connection, used by one thread at a time.
        query: Rows in the order in which they are written.
        parameters: Values of the query.
        target: Its suffix (csv, csv.gz, jsonl, jsonl.gz, parquet) says the format.
        text: Encoding and dialect of a text file.
        control: SQL aggregate by name. With it `<target>.control.json` appears first: `rows` and these totals.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    suffix = target.name.partition(".")[2]
    plain = target.with_name(f".{target.name}.plain")
    options = _COPY_OPTIONS[suffix.removesuffix(".gz")].format(delimiter=text.delimiter)
    con.execute(f"copy ({query}) to {quote(plain)} ({options})", dict(parameters))
    complete = plain
    if suffix.endswith(".gz") or text.encoding != "utf-8":
        complete = target.with_name(f"{target.name}.part")
        _rewrite(plain, complete, text.encoding, pack=suffix.endswith(".gz"))
        plain.unlink()
    with complete.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    if control is not None:
        _write_control(con, query, parameters, target, control)
    failpoint("demo.file_written")
    complete.replace(target)
    failpoint("demo.file_placed")
    return digest


def _rewrite(plain: Path, complete: Path, encoding: str, *, pack: bool) -> None:
    """Another encoding, gzip, or both, a megabyte at a time."""
    with plain.open("rb") as source, complete.open("wb") as raw:
        sink: BinaryIO = gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) if pack else raw  # type: ignore[assignment]
        try:
            if encoding == "utf-8":
                shutil.copyfileobj(source, sink, 1 << 20)
            else:
                encode = codecs.getincrementalencoder(encoding)().encode
                reader = codecs.getreader("utf-8")(source)
                while chunk := reader.read(1 << 20):
                    sink.write(encode(chunk))
        finally:
            if pack:
                sink.close()


def _write_control(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object], target: Path,
    control: Mapping[str, str],
) -> None:  # fmt: skip
    totals = "".join(f', cast({expression} as varchar) as "{name}"' for name, expression in control.items())
    result = con.execute(f"select count(*) as rows{totals} from ({query})", dict(parameters))
    names = [column[0] for column in result.description]
    path = target.with_name(f"{target.name}.control.json")
    partial = path.with_name(f"{path.name}.part")
    partial.write_text(json.dumps(dict(zip(names, result.fetchall()[0], strict=True))) + "\n", encoding="utf-8")
    partial.replace(path)


@dataclass
class Manifest:
    """What a pack delivered into a home: kept so that a second delivery need not make the files to compare them.

    Attributes:
        settings: The home.
        edition: Version of the data and its options; another edition starts an empty manifest.
        files: SHA-256 by path below the inbox.
        delivered_until: Last business date by `<system>.<extract>`.
        is_finished: Whether everything of the edition was delivered.
    """

    settings: Settings
    edition: str
    files: dict[str, str] = field(default_factory=dict)
    delivered_until: dict[str, str] = field(default_factory=dict)
    is_finished: bool = False

    @classmethod
    def read(cls, settings: Settings, edition: str) -> Manifest:
        path = _path(settings)
        stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if stored.get("edition") != edition:
            return cls(settings, edition)
        return cls(settings, edition, stored["files"], stored["delivered_until"], stored.get("is_finished", False))

    def add(self, system: str, extract: str, until: date, files: Mapping[str, str]) -> None:
        """Remember files of an extract that is complete up to a date."""
        name = f"{system}.{extract}"
        self.delivered_until[name] = max(until.isoformat(), self.delivered_until.get(name, ""))
        self.remember(files)

    def remember(self, files: Mapping[str, str]) -> None:
        """Remember files of an extract that may not be complete yet."""
        self.files.update(files)
        self._write()

    def forget(self, key: str) -> None:
        """A file that is not to be in the inbox."""
        del self.files[key]
        self._write()

    def finish(self) -> None:
        """Remember that everything of the edition was delivered."""
        self.is_finished = True
        self._write()

    def _write(self) -> None:
        path = _path(self.settings)
        partial = path.with_suffix(".tmp")
        content = {
            "edition": self.edition,
            "files": self.files,
            "delivered_until": self.delivered_until,
            "is_finished": self.is_finished,
        }
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
        dated = {key: DATED.search(key) for key in self.files if key.startswith(f"{system}/{extract}_")}
        # An extract's name may begin with another's (campaign_households): what follows it must be the date.
        prefix = len(f"{system}/{extract}")
        return [
            key for key, match in dated.items() if match and match.start() == prefix and match[1] <= until.isoformat()
        ]


def _path(settings: Settings) -> Path:
    return settings.home.resolve() / "demo_manifest.json"
