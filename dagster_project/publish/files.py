"""Files that appear whole or not at all: written beside their place, flushed to the disk, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dagster_project.failpoints import failpoint

# Begins with a dot so that no reader who lists the folder takes an unfinished file for a finished one.
_UNFINISHED: Final = ".unfinished-"


@contextmanager
def replacing(path: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """A temporary path beside `path`; when the block ends well, it takes the place of `path`.

    Who has the old file open keeps reading it. A process killed inside the block leaves `path` as it was, and
    its unfinished file is removed by the next writer of the same path.

    Args:
        path: The file to make or to replace; its folder is made when missing.
        mode: Permission bits of the finished file.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "answer.txt"
    >>> with replacing(target) as unfinished:
    ...     _ = unfinished.write_text("42")
    >>> target.read_text()
    '42'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{_UNFINISHED}{path.name}")
    unfinished.unlink(missing_ok=True)
    try:
        yield unfinished
        failpoint("file.written")
        unfinished.chmod(mode)
        _flush(unfinished)
        failpoint("file.flushed")
        unfinished.replace(path)
        failpoint("file.placed")
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    # The rename itself is in the folder: without this a power cut could bring the old file back.
    _flush(path.parent)


def write_whole(path: Path, contents: bytes) -> bool:
    """Put `contents` at `path` in one step; false, and nothing written, when they are there already."""
    if path.exists() and path.read_bytes() == contents:
        return False
    with replacing(path) as unfinished:
        unfinished.write_bytes(contents)
    return True


def copy_whole(source: Path, target: Path, *, mode: int) -> None:
    """Copy `source` over `target` in one step."""
    with replacing(target, mode=mode) as unfinished:
        shutil.copyfile(source, unfinished)


def _flush(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
