"""The landing folder: a verified, content-addressed copy of each delivered file.

One pass over the bytes hashes, copies, unpacks (so that a gzip file is known to be whole: DuckDB accepts a
wrong checksum) and counts lines, which is the loader's control total.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from dagster_project.extract.contract import Extract
from dagster_project.extract.intake import Delivery
from dagster_project.extract.totals import Totals, read_totals
from dagster_project.failpoints import failpoint
from dagster_project.settings import Settings

#: Bytes read at a time. gzip packs at most 1 to 1032, so one step unpacks to 128 MiB at worst.
_CHUNK: Final = 128 * 1024
_GZIP_WINDOW: Final = zlib.MAX_WBITS | 16
_PARTIAL: Final = ".partial-"


class NotDecodableError(Exception):
    """The text is not in its declared encoding.

    Attributes:
        offset: Byte of the unpacked text, from 0, at which it is not.
    """

    def __init__(self, offset: int) -> None:
        super().__init__(f"not decodable at byte {offset}")
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Landed:
    """A delivery and its copy in landing.

    Attributes:
        delivery: What was delivered.
        sha256: Of the delivered bytes.
        path: The copy, `landing/<system>/<sha256>.<format>`.
        text_bytes: Bytes once unpacked.
        lines: Lines in it; None where lines and records may differ (quotes, carriage returns alone, parquet) or a
            line end is not one byte (utf-16).
        problem: Why the file cannot be read, in words; None if it can.
        totals: What its control file says; None where the contract has none.
    """

    delivery: Delivery
    sha256: str
    path: Path
    text_bytes: int
    lines: int | None
    problem: str | None
    totals: Totals | None = None


def land(settings: Settings, extract: Extract, delivery: Delivery) -> Landed | None:
    """Copy one delivery into landing and verify it to its last byte.

    Returns:
        None when the file changed while it was read: it is still being written and waits for the next look.
    """
    folder = settings.landing / delivery.system
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{_PARTIAL}{delivery.file}"
    reader = _Reader(extract)
    try:
        with delivery.path.open("rb") as source, partial.open("wb", buffering=0) as copy:
            while chunk := source.read(_CHUNK):
                copy.write(chunk)
                reader.take(chunk)
            os.fsync(copy.fileno())
            failpoint("landing.copied")
            state = os.fstat(source.fileno())
        if (state.st_size, state.st_mtime_ns) != (delivery.bytes, delivery.modified_ns):
            partial.unlink()
            return None
        sha256 = reader.digest.hexdigest()
        target = folder / f"{sha256}.{extract.format}"
        partial.replace(target)
        failpoint("landing.placed")
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    totals = _keep_control(extract, delivery, target)
    return Landed(delivery, sha256, target, reader.text_bytes, reader.lines(), reader.problem(), totals)


def control_path(path: Path) -> Path:
    """Where the control file of a file in landing is kept."""
    return path.with_name(f"{path.name}.control")


def _keep_control(extract: Extract, delivery: Delivery, landed: Path) -> Totals | None:
    if extract.control is None or delivery.control is None:
        return None
    target = control_path(landed)
    if delivery.control != target:
        partial = target.with_name(f"{_PARTIAL}{target.name}")
        shutil.copyfile(delivery.control, partial)
        partial.replace(target)
    return read_totals(extract.control, target)


def landed_before(extract: Extract, delivery: Delivery, sha256: str, path: Path) -> Landed:
    """A copy that is in landing since an earlier run, verified again.

    Its bytes must be those that were delivered: a copy with another hash has a `problem`.
    """
    reader = _Reader(extract)
    with path.open("rb") as copy:
        while chunk := copy.read(_CHUNK):
            reader.take(chunk)
    is_same = reader.digest.hexdigest() == sha256
    problem = reader.problem() if is_same else "its copy in landing is not what was delivered"
    totals = _keep_control(extract, delivery, path)
    return Landed(delivery, sha256, path, reader.text_bytes, reader.lines(), problem, totals)


def sweep(settings: Settings, system: str) -> None:
    """Remove what a killed run left half copied."""
    for path in (settings.landing / system).glob(f"{_PARTIAL}*"):
        path.unlink(missing_ok=True)


@contextmanager
def readable(settings: Settings, extract: Extract, landed: Landed) -> Iterator[Path]:
    """A path to the contents as DuckDB reads them: utf-8 text, gzipped or not, or parquet.

    Raises:
        NotDecodableError: the text is not in the declared encoding.
    """
    if not extract.is_text or codecs.lookup(extract.encoding).name in {"utf-8", "ascii"}:
        yield landed.path
        return
    settings.spill.mkdir(parents=True, exist_ok=True)
    target = settings.spill / f"{landed.sha256}.utf8.{extract.format.removesuffix('.gz')}"
    try:
        with landed.path.open("rb") as source, target.open("wb") as out:
            _recode(source, out, extract)
        yield target
    finally:
        target.unlink(missing_ok=True)


def _recode(source: BinaryIO, out: BinaryIO, extract: Extract) -> None:
    decoder = codecs.getincrementaldecoder(extract.encoding)("strict")
    unpack = _unpacker() if extract.is_gzip else None
    done = 0
    is_last = False
    while not is_last:
        packed = source.read(_CHUNK)
        is_last = not packed
        chunk = unpack(packed) if unpack else packed
        pending = len(decoder.getstate()[0])
        try:
            out.write(decoder.decode(chunk, is_last).encode("utf-8"))
        except UnicodeDecodeError as error:
            raise NotDecodableError(done - pending + error.start) from error
        done += len(chunk)


def _unpacker() -> Callable[[bytes], bytes]:
    """Unpack a gzip stream chunk by chunk, over its members; the stream was verified before."""
    stream = zlib.decompressobj(_GZIP_WINDOW)

    def unpack(chunk: bytes) -> bytes:
        nonlocal stream
        parts = []
        while chunk:
            parts.append(stream.decompress(chunk))
            chunk = stream.unused_data
            if stream.eof:
                stream = zlib.decompressobj(_GZIP_WINDOW)
        return b"".join(parts)

    return unpack


class _Reader:
    """Hash, unpack, count and judge the bytes of one file as they pass."""

    def __init__(self, extract: Extract) -> None:
        self.digest = hashlib.sha256()
        self.text_bytes = 0
        self._extract = extract
        # A line end of UTF-16 is two bytes, and each of them may be half of another character.
        self._has_byte_lines = extract.is_text and not extract.encoding.startswith(("utf-16", "utf_16", "utf-32"))
        self._quote = extract.quote.encode() if extract.format.startswith("csv") else None
        self._newlines = 0
        self._last = b""
        self._quoted = False
        self._is_old_mac = False
        self._problem: str | None = None
        self._stream = zlib.decompressobj(_GZIP_WINDOW) if extract.is_gzip else None

    def take(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        if self._problem is None:
            self._unpack(chunk)

    def lines(self) -> int | None:
        """Lines with an end, and a last one without."""
        if self._quoted or self._is_old_mac or not self._has_byte_lines or self._problem:
            return None
        return self._newlines + (self._last not in (b"", b"\n"))

    def problem(self) -> str | None:
        if self._problem is None and self._stream is not None and not self._stream.eof:
            return f"the gzip stream ends early, after {self.text_bytes:,} unpacked bytes: the file was cut"
        return self._problem

    def _unpack(self, chunk: bytes) -> None:
        if self._stream is None:
            self._count(chunk)
            return
        try:
            while chunk:
                if self._stream.eof:
                    self._stream = zlib.decompressobj(_GZIP_WINDOW)
                self._count(self._stream.decompress(chunk))
                chunk = self._stream.unused_data
        except zlib.error:
            self._problem = f"the gzip stream is damaged after {self.text_bytes:,} unpacked bytes"

    def _count(self, text: bytes) -> None:
        self.text_bytes += len(text)
        if self.text_bytes > self._extract.limits.max_bytes:
            self._problem = f"it unpacks to more than max_bytes ({self._extract.limits.max_bytes:,})"
        if not self._has_byte_lines or not text:
            return
        self._newlines += text.count(b"\n")
        self._is_old_mac = self._newlines == 0 and (self._is_old_mac or b"\r" in text)
        self._last = text[-1:]
        if self._quote is not None and not self._quoted:
            self._quoted = self._quote in text
