"""Campaigns of the simulated operator: effects as planted, none in A/A tests, rules broken exactly where it is said."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Any

import pytest

from dagster_project.demo.telecom import (
    campaigns,
    churn,
    households,
    lifecycle,
    lines,
    network,
    people,
    products,
    tariffs,
    usage,
)
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.demo.telecom.systems import marketing, outbound, privacy, sms_gateway
from dagster_project.demo.telecom.world import World, open_world
from dagster_project.settings import Settings

OPTIONS = TelecomOptions(customers=6_000, months=6)


class Unsent:
    """A sender that sends nothing: what a system would send stands in the world."""

    def send(self, *_: object, **__: object) -> None:
        return


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = Settings(home=tmp_path_factory.mktemp("campaigns") / "home", pack="telecom")
    with open_world(settings, OPTIONS) as opened:
        for module in (network, households, people, tariffs, lifecycle, churn, lines, usage, products, campaigns):
            module.create(opened)
        for system in (marketing, sms_gateway, outbound, privacy):
            system.write(opened, Unsent())  # type: ignore[arg-type] # only `send` is used
        yield opened


def fetch(world: World, query: str) -> list[tuple[Any, ...]]:
    return world.con.execute(query).fetchall()


@pytest.mark.parametrize("effect", campaigns.RESPONSES)
@pytest.mark.parametrize(("is_reached", "position"), [(True, 0), (False, 1)], ids=["reached", "not reached"])
def test_people_respond_as_their_effect_says(world: World, effect: str, is_reached: bool, position: int) -> None:
    count, responses = fetch(
        world,
        f"select count(*), count_if(has_responded) from campaign_targets where not is_aa "
        f"and campaign_effect = '{effect}' and is_reached = {is_reached}",
    )[0]
    share = campaigns.RESPONSES[effect][position]
    assert count > 150
    assert abs(responses / count - share) < 4 * sqrt(share * (1 - share) / count)


def test_an_aa_campaign_changes_nothing(world: World) -> None:
    groups = {
        held: (count, responses / count)
        for held, count, responses in fetch(
            world,
            "select is_holdout, count(*), count_if(has_responded) from campaign_targets where is_aa group by 1",
        )
    }
    (treated, one), (held_back, other) = groups[False], groups[True]
    share = (treated * one + held_back * other) / (treated + held_back)
    assert abs(one - other) < 3.5 * sqrt(share * (1 - share) * (1 / treated + 1 / held_back))
    assert fetch(world, "select count(*) from campaign_targets where is_aa and responds_if_treated <> "
                        "responds_if_untreated") == [(0,)]  # fmt: skip


def test_the_holdout_is_a_fair_share_of_every_campaign(world: World) -> None:
    for key, count, held_back in fetch(
        world, "select campaign_key, count(*), count_if(is_holdout) from campaign_targets group by 1"
    ):
        share = campaigns.HOLDOUT_SHARE
        assert abs(held_back / count - share) < 4 * sqrt(share * (1 - share) / count), key


def test_quiet_hours_are_broken_where_it_is_said(world: World) -> None:
    is_quiet = f"(hour(contacted_at) >= {campaigns.QUIET_FROM_HOUR} or hour(contacted_at) < {campaigns.QUIET_TO_HOUR})"
    wrong, breaks = fetch(
        world,
        f"select count_if({is_quiet} <> breaks_quiet_hours), count_if(breaks_quiet_hours) from campaign_touches",
    )[0]
    assert (wrong, breaks > 0) == (0, True)


def test_the_cap_is_broken_by_the_customers_of_whom_it_is_said(world: World) -> None:
    over = fetch(
        world,
        f"""
        select distinct customer_key from (
            select customer_key, count(*) over (partition by customer_key order by contacted_on
                range between interval 6 days preceding and current row) as contacts
            from campaign_touches
        ) where contacts > {campaigns.MOST_CONTACTS_IN_7_DAYS} order by 1
        """,
    )
    said = fetch(world, "select distinct customer_key from campaign_touches where breaks_cap order by 1")
    assert (over, len(over) > 0) == (said, True)


def test_refusals_are_ignored_where_it_is_said(world: World) -> None:
    wrong, breaks = fetch(
        world,
        """
        select count_if(coalesce(refused_on <= starts_on, false) <> breaks_refusal), count_if(breaks_refusal)
        from campaign_touches inner join campaigns using (campaign_key) left join ad_refusals using (customer_key)
        """,
    )[0]
    assert (wrong, breaks > 0) == (0, True)


def test_every_answer_has_a_key_of_its_own_also_where_one_customer_redeems_and_refuses(world: World) -> None:
    answers, keys = fetch(world, "select count(*), count(distinct response_key) from campaign_answers")[0]
    both = fetch(
        world,
        "select count(*) from (select 1 from campaign_answers group by campaign_no, customer_key "
        "having count(distinct response_type) > 1)",
    )[0][0]
    assert both > 0
    assert keys == answers


def test_receipts_come_after_messages_some_a_day_late_some_never(world: World) -> None:
    messages, receipts, early, late = fetch(
        world,
        """
        select count(*), count(received_at), count_if(received_at < sent_at),
            count_if(received_at >= sent_at + interval 1 day)
        from gateway_messages left join gateway_receipts using (message_key)
        """,
    )[0]
    share = sms_gateway.LATE_SHARE
    assert (early, receipts < messages) == (0, True)
    assert abs(late / receipts - share) < 4 * sqrt(share / receipts) + 0.01


def test_a_customer_is_dialled_until_reached_at_most_three_times(world: World) -> None:
    attempts, connected, after = fetch(
        world,
        """
        select max(attempts), max(connected), count_if(connected = 1 and last_connected < attempts) from (
            select campaign_key, customer_key, max(attempt_no) as attempts, count_if(is_connected) as connected,
                max(case when is_connected then attempt_no end) as last_connected
            from outbound_calls group by all
        )
        """,
    )[0]
    assert (attempts, connected, after) == (outbound.MOST_ATTEMPTS, 1, 0)


def test_who_withdraws_is_on_the_list(world: World) -> None:
    withdrawn = fetch(world, "select customer_key from privacy_consents where decision = 'withdrawn' order by 1")
    listed = fetch(world, "select customer_key from privacy_refusals where refused_on <= as_of() order by 1")
    assert (withdrawn, len(listed) > 100) == (listed, True)
