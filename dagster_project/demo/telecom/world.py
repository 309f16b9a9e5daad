"""The simulated world: a DuckDB file that holds what is true, its random numbers, and the folder of planted truth.

Two sources of chance, both named, so that a draw added in one place changes nothing elsewhere:
- in SQL the macro `u(stream, key)`, uniform in [0, 1), a function of the seed, the name and the key alone;
  `z(stream, key)` is the standard normal made of two of them. Keys are bigint; of two keys `hash(a, b)` is one.
- in Python `World.rng(name)`.

Sums of doubles depend on the order in which threads add: what is written is rounded, or summed as decimal.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from zlib import crc32

import duckdb
import numpy as np

from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.settings import Settings
from dagster_project.warehouse import engine_config, quote

#: So many days up to the last one come one by one, what lies before by the month.
DAILY_DAYS: Final = 31
#: DuckDB combines hashes by a mere XOR: hashed again it no longer ties the streams of a key together, and a key hashed
#: twice does not tie keys that are near each other. Without the latter, shares of 48 groups over six seeds had a
#: standard deviation of 1.32 times the binomial one.
_MACROS: Final = """
    create macro u(stream, key) as
        (hash(xor(hash(hash(key)), hash({seed} || ':' || stream))) >> 11)::double / 9007199254740992;
    create macro z(stream, key) as
        sqrt(-2 * ln(1 - u(stream || '/r', key))) * cos(2 * pi() * u(stream || '/a', key));
    create macro start_on() as date '{start_on}';
    create macro as_of() as date '{as_of}';
    create macro sent_on(d) as case when d < start_on() then start_on()
        when d < as_of() - {daily} then least(last_day(d), as_of() - {daily} - 1) else d end;
    create macro clip(x, low, high) as least(greatest(x, low), high);
"""


@dataclass(frozen=True, slots=True)
class World:
    """What is true about the operator.

    Attributes:
        settings: The home; planted truth goes to `settings.truth`.
        options: What was asked for.
        con: Connection to the world's tables. Threads take `con.cursor()`; temporary tables are not seen there.

    SQL on the connection also knows `start_on()` and `as_of()`, the first and last business day, `sent_on(day)`,
    the business date of the file in which a system that hands over daily sends what happened on a day (what was
    before the first day on the first day, long past months whole on their last day), and `clip(x, low, high)`.
    """

    settings: Settings
    options: TelecomOptions
    con: duckdb.DuckDBPyConnection

    def rng(self, name: str) -> np.random.Generator:
        """A stream of random numbers of its own for everything that has a name."""
        sequence = np.random.SeedSequence([self.options.seed, crc32(name.encode())])
        return np.random.Generator(np.random.Philox(sequence))

    def create(self, name: str, query: str, **values: object) -> None:
        """Create a table of the world from a query; `$name` stands for a value."""
        self.con.execute(f"create table {name} as {query}", values or None)

    def count(self, table: str) -> int:
        """Rows of a table of the world."""
        return int(self.con.execute(f"select count(*) from {table}").fetchall()[0][0])

    def days(self, table: str, column: str = "sent_on") -> list[date]:
        """The days on which rows of a table are sent, in order."""
        found = self.con.execute(f"select distinct {column} from {table} order by 1").fetchall()
        return [row[0] for row in found if row[0] <= self.options.as_of]

    def months(self) -> list[date]:
        """First days of the months delivered."""
        first = self.options.start_on
        numbers = range(first.year * 12 + first.month - 1, first.year * 12 + first.month - 1 + self.options.months)
        return [date(number // 12, number % 12 + 1, 1) for number in numbers]

    def plant(self, name: str, query: str) -> Path:
        """Write a table of the truth that nothing in the pipeline may read; returns the file.

        Args:
            name: Table of the truth: `<home>/demo_truth/<name>.parquet`.
            query: Its rows; the outermost `order by` makes them one sequence of bytes.

        Raises:
            ValueError: the query has no order.
        """
        require_order(query)
        target = self.settings.truth / f"{name}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".tmp")
        self.con.execute(f"copy ({query}) to {quote(partial)} (format parquet, compression zstd)")
        partial.replace(target)
        return target


def require_order(query: str) -> None:
    """Refuse a query whose rows could come in any order.

    Raises:
        ValueError: there is no `order by`.
    """
    if "order by" not in query.casefold():
        raise ValueError(f"rows without an order are other bytes every time, add `order by`: {query.strip()[:80]}")


@contextmanager
def open_world(settings: Settings, options: TelecomOptions) -> Iterator[World]:
    """An empty world in a file of its own below the home, which is gone afterwards."""
    build = settings.spill.parent
    build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="telecom-", dir=build) as folder:
        config = {**engine_config(settings), "temp_directory": f"{folder}/spill"}
        con = duckdb.connect(f"{folder}/world.duckdb", config=config)
        try:
            con.execute("set timezone = 'UTC'")
            con.execute(
                _MACROS.format(
                    seed=f"'{options.seed}'",
                    start_on=options.start_on.isoformat(),
                    as_of=options.as_of.isoformat(),
                    daily=DAILY_DAYS - 1,
                )
            )
            yield World(settings, options, con)
        finally:
            con.close()
