"""The whole street on a very small simulated operator: every system of the pack, from the inbox to a release."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project import launch
from dagster_project.demo.telecom.delivery import write_telecom_inbox
from dagster_project.extract import load_contracts, strays
from dagster_project.quality.reconciliation import Feed, reconcile
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, quote
from tests.integration.conftest import OPERATOR

pytestmark = pytest.mark.slow


def published(settings: Settings, sql: str) -> list[tuple]:
    with duckdb.connect(":memory:") as con:
        con.execute(f"attach {quote(settings.release_file)} as release (read_only)")
        con.execute("use release")
        return con.execute(sql).fetchall()


def test_every_system_of_the_pack_is_loaded_and_nothing_is_set_aside(
    operator: tuple[Settings, launch.RunSummary],
) -> None:
    settings, _ = operator
    with connect(settings, read_only=True) as con:
        loaded = con.execute("select distinct system from ops.loads where rows_loaded > 0 order by 1").fetchall()
        counts = con.execute(
            """
            select count_if(status in ('held', 'rejected')), sum(rows_quarantined),
                count_if(rows_in <> rows_loaded + rows_quarantined)
            from ops.loads
            """
        ).fetchone()
    assert [system for (system,) in loaded] == list(settings.sources_enabled)
    assert counts == (0, 0, 0)
    assert strays(settings, load_contracts(settings)) == []


def test_every_conformed_entity_is_fed(operator: tuple[Settings, launch.RunSummary]) -> None:
    assert published(operator[0], "select entity, reason from marts.capability_status where not is_fed") == []


def test_no_blocking_check_fails(operator: tuple[Settings, launch.RunSummary]) -> None:
    failed = published(
        operator[0],
        "select check_id from ops.check_results where status <> 'passed' and severity = 'critical'",
    )
    assert failed == []


def test_customers_are_people_with_a_customer_record(operator: tuple[Settings, launch.RunSummary]) -> None:
    settings, _ = operator
    with connect(settings, read_only=True) as con:
        records, prospects = con.execute(
            """
            select count_if(try_cast(customer_key as bigint) is not null),
                count_if(try_cast(customer_key as bigint) is null)
            from conformed.customers
            """
        ).fetchone()
    [(customers, people)] = published(
        settings,
        "select count(*), (select count(distinct customer_id) from marts.dim_customer_xref where is_customer) "
        "from marts.dim_customers",
    )
    assert records * 0.95 < people < records, "second records are no second people"
    assert (customers, prospects > 0) == (people, True)


def test_who_was_held_back_was_not_contacted(operator: tuple[Settings, launch.RunSummary]) -> None:
    settings, _ = operator
    with connect(settings, read_only=True) as con:
        held_back, contacted = con.execute(
            """
            select count_if(contact_status = 'held_out'), count_if(contact_status = 'held_out' and fact.customer_id > 0)
            from conformed.campaign_contacts as contact
            left join warehouse.marts.fct_campaign_contacts as fact
                on fact.campaign_id = contact.campaign_key and fact.customer_id = (
                    select xref.customer_id from intermediate.customer_xref as xref
                    where xref.customer_key = contact.customer_key
                )
            """
        ).fetchone()
    assert (held_back > 0, contacted) == (True, 0)


def test_a_second_run_changes_nothing(operator: tuple[Settings, launch.RunSummary]) -> None:
    settings, first = operator
    write_telecom_inbox(settings, OPERATOR)
    again = launch.run_daily(settings, OPERATOR.as_of, progress=lambda _: None)
    assert (again.released, again.content_hash) == (False, first.content_hash)


def test_every_figure_of_every_feed_is_the_same_at_every_stage(operator: tuple[Settings, launch.RunSummary]) -> None:
    settings, _ = operator
    found = published(
        settings,
        "select distinct system, extract, measure, in_conformed is not null from ops.reconciliation "
        "where first_difference is null",
    )
    feeds = {
        (contract.system, extract.name, measure)
        for contract in load_contracts(settings).values()
        for extract in contract.extracts
        for measure in ("rows", *extract.measures)
    }
    assert published(settings, "select * from ops.reconciliation where first_difference is not null") == []
    assert {figure[:3] for figure in found} == feeds
    followed = {figure[:3] for figure in found if figure[3]}
    assert followed >= {
        ("mediation", "usage", "charge"), ("mediation", "usage", "duration_seconds"),
        ("mediation", "usage", "volume_bytes"), ("billing", "invoices", "gross_amount"),
        ("billing", "payments", "amount"), ("hotline", "calls", "rows"), ("web", "events", "rows"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "measure"),
    [
        ("delete from raw.mediation__usage where record_id = $record", "rows"),
        ("update raw.mediation__usage set charge = charge + 0.01 where record_id = $record", "charge"),
    ],
    ids=["lost row", "lost cent"],
)
def test_what_is_lost_is_located(
    damage: str, measure: str, operator: tuple[Settings, launch.RunSummary], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "home", pack="telecom", start_on=OPERATOR.start_on)
    shutil.copytree(operator[0].home, settings.home)
    with connect(settings) as con:
        record, business_on, part = con.execute(
            "select record_id, usage._business_on, loads.part from raw.mediation__usage as usage "
            "inner join ops.loads as loads on loads.load_id = usage._load_id where loads.part <> '' "
            "order by record_id desc limit 1"
        ).fetchall()[0]
        con.execute(damage, {"record": record})
        feeds = [
            Feed(contract.system, extract.name, extract.measures)
            for contract in load_contracts(settings).values()
            for extract in contract.extracts
        ]
        found = reconcile(con, feeds, now=datetime(2026, 7, 2, tzinfo=UTC), everything=True)
    located = {(lost.business_on, lost.part, lost.measure, lost.stage) for lost in found}
    assert (business_on, part, measure, "raw") in located
    assert {place[:2] for place in located} == {(business_on, part)}
