"""Dagster's SQLite event log with its connections kept open; named in `dagster.yaml`.

Dagster opens, commits and closes a connection for each of the thousands of events of a run, and the close of
the last connection makes SQLite fold its log back into the file each time: seven CPU seconds and half a minute
of waiting for the disk in one small run. The files and their contents are Dagster's own, unchanged.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage, SqliteStorageConfig
from dagster._serdes import ConfigurableClassData

_BUSY_SECONDS: Final = 60
#: Runs whose file is kept open beside the index; the web server reads many, one after the other.
_OPEN_RUNS: Final = 4


class OpenSqliteStorage(DagsterSqliteStorage):
    """Dagster's SQLite storage with `OpenSqliteEventLog` as its event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage.dispose()
        self._event_log_storage = OpenSqliteEventLog(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: SqliteStorageConfig
    ) -> OpenSqliteStorage:
        # The base class would return itself, whatever class the configuration names.
        return cls.from_local(inst_data=inst_data, **config_value)


class OpenSqliteEventLog(SqliteEventLogStorage):
    """`SqliteEventLogStorage` that keeps the index and the latest runs' files open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, sa.Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        # The lock of the base class: one user of the one connection at a time.
        with self._db_lock:
            engine = self._engine(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> sa.Engine:
        engine = self._engines.get(shard)
        if engine is None:
            engine = _open(self.conn_string_for_shard(shard))
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            self._engines[shard] = engine
        self._engines.move_to_end(shard)
        runs = [name for name in self._engines if name != INDEX_SHARD_NAME]
        for name in runs[:-_OPEN_RUNS]:
            self._engines.pop(name).dispose()
        return engine

    def dispose(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()
        super().dispose()


def _open(address: str) -> sa.Engine:
    engine = sa.create_engine(
        address,
        poolclass=sa.pool.StaticPool,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def set_durability(connection: Any, _: object) -> None:
        # Whole after a crash of the process; a power cut may take the last events of a run, never its data.
        connection.execute("pragma synchronous = normal")

    return engine
