"""How the simulated systems send: files appear in the inbox whole, each with the bytes that its rows give."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.demo.delivery import Manifest, TextFormat, write_file
from dagster_project.demo.telecom.world import World, require_order

#: Name under which a query reads the Arrow table that was sent.
_SENT = "sent_rows"


@dataclass(slots=True)
class Sender:
    """Writes files into the inbox, several at a time.

    Attributes:
        world: The world whose tables queries read.
        manifest: What was delivered before; such files are not written again.
        files_written: Files that were not there before.

    `send` returns at once. Before a table of the world that was sent from is dropped or changed: `flush()`.
    """

    world: World
    manifest: Manifest
    files_written: int = 0
    _pool: ThreadPoolExecutor = field(init=False)
    _pending: dict[str, Future[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.world.settings.threads)

    def send(
        self,
        system: str,
        extract: str,
        day: date,
        rows: str | pa.Table,
        format: str,
        *,
        encoding: str = "utf-8",
        delimiter: str = ",",
        part: str | None = None,
        control: Mapping[str, str] | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> None:
        """Send one file: `<inbox>/<system>/<extract>_<day>[_<part>].<format>`.

        Args:
            system: Folder below the inbox.
            extract: Start of the file name.
            day: Business date in the file name.
            rows: An Arrow table, or a query with `order by` over tables (not temporary ones) of the world.
            format: csv, csv.gz, jsonl, jsonl.gz or parquet.
            encoding: Python's name of the encoding of a text file.
            delimiter: Of csv.
            part: Number of the file within its day, two digits, where a day has several.
            control: SQL aggregate by name, for example `{"gross_amount": "sum(gross_amount)"}`; with it
                `<file>.control.json` is sent before the file: its rows, and these totals as text.
            parameters: Values that `$name` in the query stands for.

        Raises:
            ValueError: the query has no order.
        """
        if isinstance(rows, str):
            require_order(rows)
        middle = f"{day}_{part}" if part is not None else f"{day}"
        key = f"{system}/{extract}_{middle}.{format}"
        if self.manifest.has(key):
            return
        self.files_written += 1
        text = TextFormat(encoding, delimiter)
        self._pending[key] = self._pool.submit(self._write, key, rows, dict(parameters or {}), text, control)

    def flush(self) -> None:
        """Wait until everything sent is in the inbox and remembered.

        Raises:
            Exception: what the first failed write raised.
        """
        files = {key: pending.result() for key, pending in self._pending.items()}
        self._pending.clear()
        self.manifest.remember(files)

    def close(self) -> None:
        """Wait for the last file."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _write(
        self, key: str, rows: str | pa.Table, parameters: dict[str, object], text: TextFormat,
        control: Mapping[str, str] | None,
    ) -> str:  # fmt: skip
        target = self.manifest.settings.inbox / key
        if not isinstance(rows, str) and key.endswith(".parquet") and control is None:
            return _write_parquet(rows, target)
        con = self.world.con.cursor()
        try:
            if not isinstance(rows, str):
                con.register(_SENT, rows)
                rows = f"select * from {_SENT}"
            return write_file(con, rows, parameters, target, text=text, control=control)
        finally:
            con.close()


def _write_parquet(rows: pa.Table, target: Path) -> str:
    """Write rows in their order; a quarter of DuckDB's cost for a small file. Returns the SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.part")
    texts = [field.name for field in rows.schema if pa.types.is_dictionary(field.type)]
    pq.write_table(rows, partial, compression="zstd", use_dictionary=texts)
    with partial.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    partial.replace(target)
    return digest
