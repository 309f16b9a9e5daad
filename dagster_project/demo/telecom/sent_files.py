"""Files that lie in the inbox, opened again by who wants to damage them: read and written as their system writes."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from dagster_project.demo.delivery import DATED, Manifest

#: Encodings that are not UTF-8, by system.
_ENCODINGS: Final = {"ibss": "gb18030", "directory": "utf-16"}


@dataclass(frozen=True, slots=True)
class SentFile:
    """One file in the inbox.

    Attributes:
        manifest: Knows what was sent; it is told of every change.
        key: Path below the inbox.
        business_on: Date in its name.
    """

    manifest: Manifest
    key: str
    business_on: date

    @property
    def path(self) -> Path:
        return self.manifest.settings.inbox / self.key

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def _encoding(self) -> str:
        return _ENCODINGS.get(self.key.partition("/")[0], "utf-8")

    def read_lines(self) -> list[str]:
        """Its lines of text, unpacked and decoded."""
        content = self.path.read_bytes()
        if self.name.endswith(".gz"):
            content = gzip.decompress(content)
        return content.decode(self._encoding).removesuffix("\n").split("\n")

    def write_lines(self, lines: list[str]) -> None:
        """Replace its lines: encoded and packed as before."""
        content = "".join(f"{line}\n" for line in lines).encode(self._encoding)
        self.write(gzip.compress(content, 1, mtime=0) if self.name.endswith(".gz") else content)

    def write(self, content: bytes) -> None:
        """Replace its bytes; a control file beside it stays as it was."""
        partial = self.path.with_name(f"{self.name}.part")
        partial.write_bytes(content)
        partial.replace(self.path)
        self.manifest.remember({self.key: hashlib.sha256(content).hexdigest()})

    def remove(self) -> None:
        """Take it away, as if it had never been sent."""
        self.path.unlink()
        self.manifest.forget(self.key)


def sent_files(manifest: Manifest, system: str, extract: str) -> list[SentFile]:
    """The files of a feed that lie in the inbox, by business date and name."""
    found = []
    for key in manifest.files:
        match = DATED.search(key)
        if match and key[: match.start()] == f"{system}/{extract}" and (manifest.settings.inbox / key).exists():
            found.append(SentFile(manifest, key, date.fromisoformat(match[1])))
    return sorted(found, key=lambda file: (file.business_on, file.key))
