"""The simulated operator's graph, usage and directory: what is planted is there to be found, and adds up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from dagster_project.demo.delivery import Manifest
from dagster_project.demo.telecom import (
    churn,
    households,
    lifecycle,
    lines,
    network,
    people,
    social,
    tariffs,
    usage,
)
from dagster_project.demo.telecom.events import scale_for
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.demo.telecom.sending import Sender
from dagster_project.demo.telecom.systems import directory, mediation
from dagster_project.demo.telecom.world import World, open_world
from dagster_project.extract import load_contracts, load_extracts, prepare
from dagster_project.settings import Settings
from dagster_project.warehouse import connect

AS_OF: Final = date(2026, 6, 30)
TRUTHS: Final = (network, households, people, tariffs, lifecycle, churn, lines, usage, social)


def send(home: Path, seed: int = 1) -> Iterator[World]:
    """A small operator of four months, with what mediation and directory send; the world stays open meanwhile."""
    options = TelecomOptions(customers=700, months=4, seed=seed, as_of=AS_OF)
    settings = Settings(home=home, pack="telecom")
    with open_world(settings, options) as world:
        for truth in TRUTHS:
            truth.create(world)
        sender = Sender(world, Manifest.read(settings, options.edition))
        mediation.write(world, sender)
        directory.write(world, sender)
        sender.close()
        files = f"{settings.inbox}/mediation/*.parquet"
        world.con.execute(f"create view sent as from read_parquet('{files}', filename = true)")
        yield world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from send(tmp_path_factory.mktemp("operator") / "home")


def rows(world: World, sql: str) -> list[tuple[Any, ...]]:
    return world.con.execute(sql).fetchall()


def digests(home: Path) -> dict[str, str]:
    paths = [path for folder in ("inbox", "demo_truth") for path in sorted((home / folder).rglob("*.*"))]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(world: World, tmp_path: Path) -> None:
    first = digests(world.settings.home)
    for _ in send(tmp_path / "again"):
        assert digests(tmp_path / "again") == first
    for _ in send(tmp_path / "other", seed=2):
        other = digests(tmp_path / "other")
    assert other["demo_truth/usage_billed.parquet"] != first["demo_truth/usage_billed.parquet"]


# ---- usage ---------------------------------------------------------------------------------------------------


def test_the_last_31_days_come_by_the_hour_and_a_file_holds_what_began_in_it(world: World) -> None:
    names = sorted(path.stem for path in (world.settings.inbox / "mediation").iterdir())
    hourly = [name for name in names if name.count("_") == 2]
    assert len(hourly) == 31 * 24
    assert (hourly[0], names[0], len(names)) == ("usage_2026-05-31_00", "usage_2026-03-01", 31 * 24 + 91)
    misplaced = rows(world, """
        select count(*) from sent
        where strftime(call_start, '%Y-%m-%d') <> regexp_extract(filename, 'usage_([0-9-]{10})', 1)
            or coalesce(hour(call_start) <> try_cast(regexp_extract(filename, '_([0-9]{2}).parquet', 1) as int), false)
    """)  # fmt: skip
    assert misplaced == [(0,)]
    assert rows(world, "select count(*) - count(distinct record_id) from sent") == [(0,)]


def test_about_as_many_records_come_as_were_asked_for(world: World) -> None:
    asked = world.options.customers * world.options.events_per_customer
    assert abs(world.count("sent") / asked - 1) < 0.03
    assert 0 < scale_for(world.con, asked) < 1
    assert scale_for(world.con, 10**12) == 1


def test_billed_totals_are_those_of_the_events_sent(world: World) -> None:
    differing = rows(world, """
        with used as (
            select line_key as subscription_key, date_trunc('month', call_start)::date as month_on,
                coalesce(sum(duration_seconds) filter (where local and is_on_net), 0) as on_net,
                coalesce(sum(duration_seconds) filter (where local and not is_on_net), 0) as off_net,
                coalesce(sum(duration_seconds) filter (where out and usage_type = 'long_distance'), 0) as long,
                coalesce(sum(event_count) filter (where direction = 'outgoing' and usage_type = 'sms'), 0) as sms,
                coalesce(sum(volume_bytes), 0) as bytes,
                coalesce(sum(duration_seconds) filter (where is_roaming and usage_type <> 'data'), 0) as roaming,
                sum(charge) as charge
            from (select *, direction = 'outgoing' and not is_roaming as out, out and usage_type = 'local' as local
                from sent)
            group by all
        )
        select count(*), count_if(on_net is distinct from local_on_net_seconds or off_net <> local_off_net_seconds
            or long <> long_seconds or sms <> sms_count or bytes <> data_bytes or roaming <> roaming_seconds
            or charge <> charge_amount)
        from used full join usage_billed using (subscription_key, month_on)
    """)  # fmt: skip
    assert differing == [(world.count("usage_billed"), 0)]


def test_charges_of_a_month_add_up_to_what_the_tariff_says(world: World) -> None:
    worst = rows(world, """
        with plan as (
            select s.subscription_key, b.month_on, arg_max(p, s.from_on) as p
            from usage_billed as b
            inner join subscription_plans as s on s.subscription_key = b.subscription_key
                and s.from_on <= last_day(b.month_on) and coalesce(s.to_on, date '9999-12-31') >= b.month_on
            inner join plans as p on p.plan_key = s.plan_key
            group by all
        )
        select max(abs(charge_amount::double - (
            greatest(0, local_on_net_seconds + local_off_net_seconds - 60 * p.included_local_minutes)
                / greatest(1, local_on_net_seconds + local_off_net_seconds) / 60
                * (local_on_net_seconds * p.price_local_on_net + local_off_net_seconds * p.price_local_off_net)
            + greatest(0, long_seconds / 60 - p.included_long_minutes) * p.price_long
            + greatest(0, sms_count - p.included_sms) * p.price_sms
            + greatest(0, data_bytes / 1048576 - p.included_mb) * p.price_mb
            + roaming_seconds / 60 * p.price_roaming_minute))), sum(charge_amount) > 0
        from usage_billed inner join plan using (subscription_key, month_on)
    """)  # fmt: skip
    assert worst[0][0] < 0.001
    assert worst[0][1]


def test_totals_stay_what_was_planned(world: World) -> None:
    planned = rows(world, """
        select sum(local_on_net_minutes + local_off_net_minutes), sum(long_minutes), sum(sms_count), sum(data_mb)
        from usage_months
    """)[0]  # fmt: skip
    made = rows(world, """
        select sum(duration_seconds) filter (where direction = 'outgoing' and usage_type = 'local') / 60,
            sum(duration_seconds) filter (where direction = 'outgoing' and usage_type = 'long_distance') / 60,
            sum(event_count) filter (where direction = 'outgoing' and usage_type = 'sms'),
            sum(volume_bytes) / 1048576
        from sent
    """)[0]  # fmt: skip
    assert [abs(float(got) / float(wanted) - 1) < 0.05 for wanted, got in zip(planned, made, strict=True)] == [True] * 4


def test_nobody_is_heard_of_before_the_first_or_after_the_last_day_in_use(world: World) -> None:
    outside = rows(world, """
        select count(*) from sent
        inner join subscriptions on subscription_key = line_key
        inner join customers using (customer_key)
        where call_start::date < started_on or call_start::date > coalesce(ended_on, left_on, date '9999-12-31')
    """)  # fmt: skip
    assert outside == [(0,)]


def test_people_talk_by_day_and_to_those_they_know(world: World) -> None:
    night, weight = rows(world, """
        select count_if(hour(call_start) between 1 and 5) / count(*),
            (select count(*) from sent anti join edges on subscription_key = line_key and peer_msisdn = peer_number
                where peer_number is not null) / count(*)
        from sent where usage_type <> 'data'
    """)[0]  # fmt: skip
    assert night < 0.03
    assert weight < 0.02


# ---- graph, fraud and places ---------------------------------------------------------------------------------


def test_ties_go_both_ways_and_families_know_each_other(world: World) -> None:
    one_way = rows(world, """
        select count(*) from edges inner join subscriptions as peers on peers.msisdn = edges.peer_msisdn
        inner join subscriptions as mine on mine.subscription_key = edges.subscription_key
        anti join edges as back on back.subscription_key = peers.subscription_key and back.peer_msisdn = mine.msisdn
        where tie <> 'fraud' and edges.subscription_key not in (select s.subscription_key from subscriptions as s
            inner join rejoins on rejoins.joined_customer_key = s.customer_key)
    """)  # fmt: skip
    assert one_way == [(0,)]
    ties = dict(rows(world, "select tie, avg(weight) from edges group by 1"))
    assert set(ties) == {"family", "colleague", "friend", "service", "fraud"}
    assert ties["family"] > 2 * ties["friend"]


def test_a_community_talks_within_and_its_seed_is_its_best_connected_line(world: World) -> None:
    within, chance = rows(world, """
        with peers as (
            select a.community_id = b.community_id as is_within
            from edges
            inner join communities as a using (subscription_key)
            inner join subscriptions as s on s.msisdn = peer_msisdn
            inner join communities as b on b.subscription_key = s.subscription_key
        )
        select (select avg(is_within::int) from peers), max(members) / sum(members)
        from (select count(*) as members from communities group by community_id)
    """)[0]  # fmt: skip
    assert within > 10 * chance
    seeds, members = rows(world, """
        select avg(ties) filter (where role = 'seed'), avg(ties) filter (where role = 'member')
        from communities inner join (
            select subscription_key, count(*) as ties from edges where is_on_net group by 1
        ) using (subscription_key)
    """)[0]  # fmt: skip
    assert seeds > 1.3 * members
    most = "select max(n) from (select count_if(role = 'seed') as n from communities group by community_id)"
    assert rows(world, most) == [(1,)]


def test_a_sim_box_stands_still_calls_out_briefly_and_is_never_called(world: World) -> None:
    boxes = rows(world, """
        select fraud_id, count(distinct device_id), count(distinct cell_key), count_if(direction = 'incoming'),
            sum(duration_seconds) / sum(event_count), count(distinct peer_number) / count(distinct line_key)
        from fraud_lines
        inner join subscriptions using (subscription_key)
        inner join sent on line_key = subscription_key
        where kind = 'sim_box' group by 1
    """)  # fmt: skip
    assert len(boxes) == 1
    for _, devices, cells, incoming, seconds, peers in boxes:
        assert (devices, cells, incoming) == (1, 1, 0)
        assert 20 < seconds < 45
        assert peers > 10


def test_a_ring_calls_its_own_and_premium_numbers(world: World) -> None:
    own = rows(world, """
        select avg((tie = 'fraud')::int) from fraud_lines
        inner join edges using (subscription_key) where kind = 'ring'
    """)  # fmt: skip
    assert own[0][0] > 0.9


def test_a_rejoiner_is_the_same_person_with_the_same_peers_under_a_new_number(world: World) -> None:
    assert world.count("rejoins") > 0
    wrong = rows(world, """
        select count_if(old.person_id <> new.person_id or new.person_id <> rejoins.person_id
            or new.recorded_id_number <> persons.id_number
            or new.joined_on not between old.left_on + 3 and old.left_on + 45)
        from rejoins
        inner join persons on persons.person_id = rejoins.person_id
        inner join customers as old on old.customer_key = left_customer_key
        inner join customers as new on new.customer_key = joined_customer_key
    """)  # fmt: skip
    assert wrong == [(0,)]
    shared = rows(world, """
        select avg((peer_msisdn in (select peer_msisdn from edges as before
            inner join subscriptions as old on old.subscription_key = before.subscription_key
            where old.customer_key = rejoins.left_customer_key))::int)
        from rejoins
        inner join subscriptions as new on new.customer_key = joined_customer_key and line_type = 'first'
        inner join edges on edges.subscription_key = new.subscription_key
    """)  # fmt: skip
    assert shared[0][0] > 0.9


def test_nights_are_spent_at_home_and_working_hours_at_work(world: World) -> None:
    home, work = rows(world, """
        select avg((cell_key = home_cell)::int) filter (where hour(call_start) < 6),
            avg((cell_key = work_cell)::int) filter (where hour(call_start) between 9 and 17 and isodow(call_start) < 6)
        from sent inner join subscriptions on subscription_key = line_key
        inner join persons on person_id = user_person_id
        where not is_roaming and subscription_key not in (select subscription_key from fraud_lines)
    """)[0]  # fmt: skip
    assert home > 0.8
    assert work > 0.65
    assert rows(world, "select count(*) from sent where is_roaming <> (cell_key is null)") == [(0,)]


# ---- directory and contracts ---------------------------------------------------------------------------------


def test_some_prospects_became_customers_after_they_asked(world: World) -> None:
    became, early = rows(world, """
        select count_if(prospects.customer_key is not null),
            count_if(asked_on >= prospects.joined_on or customers.person_id is distinct from prospects.person_id)
        from read_parquet($file) as prospects inner join customers using (customer_key)
    """.replace("$file", f"'{world.settings.truth}/prospects.parquet'"))[0]  # fmt: skip
    assert became > 0
    assert early == 0


def test_the_contracts_take_every_file_and_every_row(world: World) -> None:
    settings = world.settings
    contracts = load_contracts(settings)
    now = datetime(2026, 7, 1, tzinfo=UTC)
    with connect(settings) as con:
        prepare(con, settings, contracts)
        for system in ("mediation", "directory"):
            results = load_extracts(con, settings, contracts[system], as_of=AS_OF, now=now, run_id="run")
            assert {result.status for result in results} == {"loaded"}
            assert sum(result.rows_quarantined for result in results) == 0
        loaded = con.execute("""
            select (select count(*) from raw.mediation__usage), (select sum(charge) from raw.mediation__usage),
                (select count(*) from raw.directory__lookups), (select count(*) from raw.directory__prospects),
                (select count_if(name_given not like '%先生' and length(name_given) > 4) from raw.directory__prospects)
        """).fetchall()  # fmt: skip
    charged = rows(world, "select sum(charge_amount) from usage_billed")[0][0]
    sent, lookups, prospects = (
        world.count(table) for table in ("usage_billed", "directory_lookups", "directory_prospects")
    )
    assert sent > 0
    assert loaded[0][1:4] == (charged, lookups, prospects)
    assert np.isclose(loaded[0][0] / (world.options.customers * world.options.events_per_customer), 1, atol=0.03)
