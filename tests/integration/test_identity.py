"""Identity on the simulated operator, against what its simulator knows: who is who, for how long, and who decides."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import duckdb
import pytest

from dagster_project import launch
from dagster_project.commands.identity import merge, show_changes, split
from dagster_project.commands.rebuild import rebuild
from dagster_project.demo.telecom.delivery import write_telecom_inbox
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.home import choose_pack
from dagster_project.identity import read_decisions, resolve
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.fixtures.operator_truth import make_record, pairs_by_trap, quality, wrong_ties

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
#: A seed that nothing was tuned on.
OPTIONS: Final = TelecomOptions(customers=1000, months=4, seed=404, as_of=date(2026, 6, 30))
#: The day up to which nine tenths of the delivery had come.
BEFORE: Final = date(2026, 6, 18)
NOW: Final = datetime(2026, 7, 1, 8, tzinfo=UTC)
XREF: Final = "select source_system, customer_key, customer_id from intermediate.customer_xref order by all"


def ids(settings: Settings) -> dict[tuple[str, str], int]:
    """The crosswalk of the build."""
    with connect(settings, read_only=True) as con:
        return {(system, key): number for system, key, number in con.execute(XREF).fetchall()}


def kept(before: dict[tuple[str, str], int], after: dict[tuple[str, str], int]) -> float:
    """Share of the records of before that bear the same id."""
    return sum(after.get(record) == number for record, number in before.items()) / len(before)


def run(settings: Settings, *, as_of: date = OPTIONS.as_of, full_refresh: bool = False) -> launch.RunSummary:
    return launch.run_daily(settings, as_of, full_refresh=full_refresh, progress=lambda _: None)


def copy_of(settings: Settings, folder: Path) -> Settings:
    shutil.copytree(settings.home, folder / "home")
    return Settings(home=folder / "home", pack="telecom", start_on=OPTIONS.start_on, lock_wait_seconds=0)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The operator when the last tenth had not come yet, run as of then. Read only."""
    home = Settings(home=tmp_path_factory.mktemp("identity") / "home", lock_wait_seconds=0)
    settings = choose_pack(home, "telecom", OPTIONS.start_on)
    write_telecom_inbox(settings, OPTIONS)
    later = settings.home / "later"
    for path in sorted(settings.inbox.rglob("*_????-??-??*")):
        if _day(path) > BEFORE:
            target = later / path.relative_to(settings.inbox)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    run(settings, as_of=BEFORE)
    return settings


def _day(path: Path) -> date:
    found = re.search(r"\d{4}-\d{2}-\d{2}", path.name)
    assert found
    return date.fromisoformat(found[0])


@pytest.fixture(scope="module")
def operator(earlier: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, launch.RunSummary]:
    """The same home with everything delivered and run. Read only."""
    settings = copy_of(earlier, tmp_path_factory.mktemp("identity"))
    shutil.copytree(settings.home / "later", settings.inbox, dirs_exist_ok=True)
    return settings, run(settings)


@pytest.fixture(scope="module")
def known(operator: tuple[Settings, launch.RunSummary]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Table `record`: every record of the crosswalk with the person it truly is, and why that is hard to tell."""
    settings, _ = operator
    with connect(settings, read_only=True) as con:
        make_record(con, settings.truth)
        yield con


# ---- against the truth ---------------------------------------------------------------------------------------


def test_every_record_is_in_the_crosswalk_once(known: duckdb.DuckDBPyConnection) -> None:
    [(records, distinct, missing)] = known.execute(
        """
        select count(*), count(distinct (source_system, customer_key)),
            (
                select count(*) from intermediate.int_records_prepared
                anti join record using (source_system, customer_key)
            )
        from record
        """
    ).fetchall()
    assert (records, missing) == (distinct, 0)


def test_customer_records_are_brought_home(known: duckdb.DuckDBPyConnection) -> None:
    found = quality(known, "record_kind = 'customer'")
    assert found.right >= 15
    assert found.precision >= 0.99
    assert found.recall >= 0.95


def test_enquiries_and_logins_are_given_to_nobody_wrong(known: duckdb.DuckDBPyConnection) -> None:
    """What left no trace but a surname, or a login without an e-mail, stays apart: recall is what was recorded."""
    found = quality(known, "true")
    assert found.right >= 300
    assert found.precision >= 0.99
    [(told, linked)] = known.execute(
        f"""
        with told as (
            select distinct login.customer_key, login.customer_id, customer.customer_id as right_id
            from record as login
            inner join record as customer using (person_id)
            inner join conformed.customers as card
                on card.customer_key = customer.customer_key
                and split_part(card.email, '@', 1) = substr(login.customer_key, 5)
            where login.record_kind = 'login' and customer.record_kind = 'customer'
            union
            select enquiry.customer_key, enquiry.customer_id, customer.customer_id
            from record as enquiry
            inner join '{_truth_of(known)}/prospects.parquet' as asked on 'dir:' || prospect_key = enquiry.customer_key
            inner join record as customer on customer.customer_key = asked.customer_key::varchar
            inner join conformed.customers as card on card.customer_key = enquiry.customer_key
                and card.full_name not like '%先生' and card.full_name not like '%女士'
        )
        select count(*), count_if(customer_id = right_id) from told
        """
    ).fetchall()
    assert told >= 200
    assert linked / told >= 0.95


def _truth_of(con: duckdb.DuckDBPyConnection) -> Path:
    [(path,)] = con.execute("select path from duckdb_databases() where database_name = 'lake'").fetchall()
    return Path(path).parents[1] / "demo_truth"


def test_second_records_are_found_by_trap(known: duckdb.DuckDBPyConnection) -> None:
    found = pairs_by_trap(known)
    assert found.keys() >= {"typo", "duplicate", "merged", "came back"}, found
    assert {trap for trap, (pairs, _) in found.items() if pairs < 3} == set()
    assert {trap: pairs for trap, pairs in found.items() if pairs[0] != pairs[1]} == {}


def test_families_and_shared_devices_tie_nobody(known: duckdb.DuckDBPyConnection) -> None:
    found = wrong_ties(known, _truth_of(known))
    assert found["household"][0] >= 100
    assert found["shared device"][0] >= 1
    assert {name: tied for name, (_, tied) in found.items() if tied} == {}


def test_a_line_of_the_household_is_its_payers(operator: tuple[Settings, launch.RunSummary]) -> None:
    """Whoever uses it: the number leads to the contract, and the user is drawn into nobody's person by it."""
    with connect(operator[0], read_only=True) as con:
        [(numbers, unresolved, wrong)] = con.execute(
            """
            select count(*), count_if(resolved.customer_id is null), count_if(resolved.customer_id <> payer.customer_id)
            from (select distinct phone_no, customer_no::varchar as customer_key from raw.ibss__subscriptions) as line
            inner join intermediate.customer_xref as payer using (customer_key)
            left join intermediate.int_customer_keys_resolved as resolved
                on resolved.customer_key = 'msisdn:' || phone_no and resolved.is_latest
            """
        ).fetchall()
    assert numbers > 1000
    assert (unresolved, wrong) == (0, 0)


# ---- ids are permanent ---------------------------------------------------------------------------------------


def test_a_tenth_more_data_keeps_the_ids(earlier: Settings, operator: tuple[Settings, launch.RunSummary]) -> None:
    before, after = ids(earlier), ids(operator[0])
    assert len(after) > len(before) * 1.02
    assert kept(before, after) >= 0.995


def test_the_ids_of_a_past_date_can_be_read(earlier: Settings, operator: tuple[Settings, launch.RunSummary]) -> None:
    with connect(operator[0], read_only=True) as con:
        past = con.execute(
            "select source_system, customer_key, customer_id from warehouse.marts.customer_id_history "
            "where valid_from_on <= $day and (valid_to_on is null or valid_to_on > $day) order by all",
            {"day": BEFORE},
        ).fetchall()
    # A login is published as its hash.
    wanted = {(system, key): number for (system, key), number in ids(earlier).items() if system != "web"}
    assert {(system, key): number for system, key, number in past if system != "web"} == wanted
    assert sorted(number for *_, number in past) == sorted(ids(earlier).values())


def test_what_came_day_by_day_is_what_a_full_comparison_finds(
    operator: tuple[Settings, launch.RunSummary], tmp_path: Path
) -> None:
    settings = copy_of(operator[0], tmp_path)
    grown = said(settings)
    with connect(settings) as con:
        con.execute("delete from ops.identity_records; delete from ops.identity_edges")
        outcome = resolve(con, settings, [], as_of=OPTIONS.as_of)
    assert outcome.scored > 50
    assert outcome.moved == 0
    assert said(settings) == grown


def said(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """All that resolution tells others."""
    tables = (
        "intermediate.customer_xref", "ops.customer_ids", "intermediate.customer_redirects",
        "intermediate.identity_links", "intermediate.identity_reviews",
    )  # fmt: skip
    with connect(settings, read_only=True) as con:
        return {table: con.execute(f"from {table} order by all").fetchall() for table in tables}


def test_a_rerun_a_rebuild_and_a_full_refresh_change_no_id(
    operator: tuple[Settings, launch.RunSummary], tmp_path: Path
) -> None:
    settings = copy_of(operator[0], tmp_path)
    before = ids(settings)
    again = run(settings)
    assert (again.released, again.content_hash) == (False, operator[1].content_hash)
    rebuild(settings, everything=True, now=NOW)
    rebuilt = run(settings, full_refresh=True)
    assert ids(settings) == before
    assert rebuilt.content_hash == operator[1].content_hash


# ---- stewards decide -----------------------------------------------------------------------------------------


def test_merging_and_splitting_restores_every_row(
    operator: tuple[Settings, launch.RunSummary], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = copy_of(operator[0], tmp_path)
    before = ids(settings)
    one, other = _two_strangers(settings)
    merge(settings, [one, other], reason="same desk", dry=True, now=NOW, actor="steward")
    assert "merge" in capsys.readouterr().out
    assert read_decisions(settings) == []
    merge(settings, [one, other], reason="same desk", dry=False, now=NOW, actor="steward")
    show_changes(settings)
    assert "merge" in capsys.readouterr().out
    merged = run(settings)
    together = ids(settings)
    assert together["ibss", one] == together["ibss", other] == before["ibss", one]
    assert merged.content_hash != operator[1].content_hash
    assert _redirects(settings) - _redirects(operator[0]) == {(before["ibss", other], before["ibss", one])}
    split(settings, [one, other], reason="two people", dry=False, now=NOW, actor="steward")
    apart = run(settings)
    assert ids(settings) == before
    assert apart.content_hash == operator[1].content_hash
    assert run(settings).content_hash == operator[1].content_hash
    decisions = read_decisions(settings)
    assert [(d.action, d.author, d.reason) for d in decisions] == [
        ("merge", "steward", "same desk"), ("split", "steward", "two people")
    ]  # fmt: skip
    with connect(settings, read_only=True) as con:
        logged = con.execute("select event, object from ops.audit_log where event like 'identity %'").fetchall()
    assert logged == [("identity merge", "D1"), ("identity split", "D2")]


def _two_strangers(settings: Settings) -> tuple[str, str]:
    """Keys of two customers with one record and orders, the older first."""
    with connect(settings, read_only=True) as con:
        rows = con.execute(
            """
            select customer_key from intermediate.customer_xref
            inner join conformed.customers using (source_system, customer_key)
            where reason = 'single' and record_kind = 'customer'
                and customer_key in (select customer_key from conformed.order_lines)
            order by registered_on, customer_key limit 2
            """
        ).fetchall()
    return rows[0][0], rows[1][0]


def _redirects(settings: Settings) -> set[tuple[int, int]]:
    with connect(settings, read_only=True) as con:
        return set(
            con.execute("select retired_customer_id, customer_id from intermediate.customer_redirects").fetchall()
        )
