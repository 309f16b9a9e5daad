"""Files of the Data Docs: where they are and how they are written. Free of Great Expectations."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader

from dagster_project.failpoints import failpoint

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"


def docs_folder(folder: Path) -> Path:
    """Where the pages are, below `settings.gx`."""
    return folder / "data_docs"


def environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def write_page(path: Path, html: str) -> None:
    """Replace a page at once, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(html, encoding="utf-8")
    failpoint("docs.page_written")
    temporary.replace(path)
    failpoint("docs.page_placed")
