"""A home is of one pack: it remembers which, the environment wins, and it never changes sides with data in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from dagster_project.errors import ConfigurationError
from dagster_project.extract import load_contracts, strays
from dagster_project.home import choose_pack, settle_pack
from dagster_project.launch import initialise
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

FIRST = date(2024, 6, 1)


def load_something(settings: Settings) -> None:
    initialise(settings)
    with connect(settings) as con:
        con.execute(
            "insert into ops.loads by name select 'a' as load_id, 'pos' as system, 'transactions' as extract, "
            "'a.csv' as file, 'a' as sha256, date '2017-01-01' as business_on, 1 as version, 'append' as load_mode, "
            "'loaded' as status, 0 as rows_in, 0 as rows_loaded, 0 as rows_quarantined, 1 as bytes, 'r' as run_id, "
            "timestamp '2017-01-02' as loaded_at, timestamp '2017-01-02' as file_modified_at"
        )


def test_a_new_home_is_a_retailer(settings: Settings) -> None:
    assert (settings.pack, settings.start_on) == ("retail", date(2017, 1, 1))
    assert "pos" in settings.sources_enabled


def test_a_home_remembers_its_pack_and_its_first_day(settings: Settings) -> None:
    chosen = choose_pack(settings, "telecom", FIRST)
    assert (chosen.pack, chosen.start_on, chosen.lock_wait_seconds) == ("telecom", FIRST, 0)
    again = Settings(home=settings.home)
    assert (again.pack, again.start_on) == ("telecom", FIRST)
    assert choose_pack(again, "telecom").start_on == FIRST


def test_a_pack_brings_its_own_first_day(settings: Settings) -> None:
    assert choose_pack(settings, "telecom").start_on == date(2025, 1, 1)


def test_the_environment_wins(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    choose_pack(settings, "telecom", FIRST)
    monkeypatch.setenv("TENURE_START_ON", "2024-01-01")
    assert Settings(home=settings.home).start_on == date(2024, 1, 1)
    monkeypatch.setenv("TENURE_PACK", "retail")
    monkeypatch.delenv("TENURE_START_ON")
    assert Settings(home=settings.home).start_on == date(2017, 1, 1)
    with pytest.raises(ConfigurationError, match="TENURE_PACK says retail"):
        choose_pack(settings, "telecom")


def test_a_pack_of_the_environment_is_written_down(settings: Settings) -> None:
    settle_pack(settings.model_copy(update={"pack": "telecom"}))
    assert Settings(home=settings.home).pack == "telecom"


def test_an_empty_home_may_change_its_pack(settings: Settings) -> None:
    initialise(settings)
    assert choose_pack(settings, "telecom").pack == "telecom"


def test_a_home_with_data_may_not(settings: Settings) -> None:
    load_something(settings)
    with pytest.raises(ConfigurationError, match="holds data of pack retail and cannot become one of pack telecom"):
        choose_pack(settings, "telecom")
    with pytest.raises(ConfigurationError, match="TENURE_HOME"):
        initialise(Settings(home=settings.home, pack="telecom"))
    assert Settings(home=settings.home).pack == "retail"


def test_an_unknown_pack_is_refused(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(ValidationError, match="there is no pack 'bank'; packs are retail, telecom"):
        Settings(home=tmp_path, pack="bank")
    with pytest.raises(ConfigurationError, match="no pack 'bank'"):
        choose_pack(settings, "bank")


def test_files_for_a_system_of_another_pack_are_told_apart(settings: Settings) -> None:
    telecom = choose_pack(settings, "telecom")
    for system in ("pos", "nobody"):
        (telecom.inbox / system).mkdir(parents=True)
        (telecom.inbox / system / "transactions_2017-01-01.csv.gz").touch()
    assert {stray.system: stray.reason for stray in strays(telecom, load_contracts(telecom))} == {
        "nobody": "no source system has this name",
        "pos": "the system belongs to pack retail, this home is telecom",
    }
