"""One small operator whose contact centre, web site and surveys have delivered, and questions to its truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pytest

from dagster_project.demo.delivery import Manifest
from dagster_project.demo.telecom.delivery import build
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.demo.telecom.sending import Sender
from dagster_project.demo.telecom.systems import hotline, survey, web
from dagster_project.demo.telecom.world import World, open_world
from dagster_project.settings import Settings

AS_OF = date(2026, 6, 30)


@dataclass(frozen=True)
class Told:
    """A delivered operator. In a query `truth.<table>` is planted truth, `sent.<extract>` what was delivered (with the
    name of the file in `filename`), and `people` the customers with their person's place and login."""

    settings: Settings
    options: TelecomOptions
    con: duckdb.DuckDBPyConnection

    def ask(self, query: str) -> list[Any]:
        return self.con.execute(query).fetchall()


def open_answers(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A view for each table of the truth and each extract."""
    con = duckdb.connect()
    con.execute("create schema truth; create schema sent")
    for path in settings.truth.glob("*.parquet"):
        con.execute(f"create view truth.{path.stem} as from read_parquet('{path}')")
    for extract in ("calls", "tickets", "complaints", "recordings"):
        files = settings.inbox / "hotline" / f"{extract}_*.jsonl"
        con.execute(f"create view sent.{extract} as from read_json('{files}', filename = true)")
    con.execute(f"create view sent.events as from read_json('{settings.inbox}/web/*.gz', filename = true)")
    for extract in ("answers", "reviews"):
        files = settings.inbox / "survey" / f"{extract}_*.csv"
        con.execute(f"create view sent.{extract} as from read_csv('{files}', all_varchar = true, filename = true)")
    return con


def deliver(settings: Settings, options: TelecomOptions, before: Callable[[World], None] | None = None) -> None:
    """Build the world and let the three systems send."""
    with open_world(settings, options) as world:
        build(world, lambda _: None)
        if before is not None:
            before(world)
        out = Sender(world, Manifest.read(settings, options.edition))
        for system in (hotline, web, survey):
            system.write(world, out)
            out.flush()
        out.close()


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    home = tmp_path_factory.mktemp("talk")
    settings = Settings(home=home / "home", pack="telecom")
    options = TelecomOptions(customers=5_000, months=5, seed=7, as_of=AS_OF)
    people = home / "people.parquet"
    deliver(settings, options, lambda world: world.con.execute(
        f"copy (select customers.*, persons.city, persons.district, persons.login from customers "
        f"inner join persons using (person_id)) to '{people}'"
    ))  # fmt: skip
    con = open_answers(settings)
    con.execute(f"create view people as from read_parquet('{people}')")
    return Told(settings, options, con)


def is_likely(hits: int, trials: int, share: float) -> bool:
    """Whether so many hits are within 4.5 standard deviations of what is planted: one false alarm in 150,000."""
    return abs(hits - trials * share) <= 4.5 * math.sqrt(trials * share * (1 - share)) + 1
