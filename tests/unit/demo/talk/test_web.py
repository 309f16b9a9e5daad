"""The web site: purposes, steps and machines as planted; late, anonymous and shared as real ones are."""

from __future__ import annotations

import pytest

from dagster_project.demo.telecom import bots, journeys, visits
from tests.unit.demo.talk.conftest import Told, is_likely


def test_customers_come_at_the_planted_rate_for_the_planted_purposes(told: Told) -> None:
    # 'leaving' customers and web orders have shares of their own: prospects are the plain case.
    rows = dict(told.ask(
        "select purpose, count(*) from truth.web_visits "
        "where visitor_kind in ('prospect', 'future_customer') group by 1"
    ))  # fmt: skip
    shares = journeys.PURPOSES["prospect"]
    assert set(rows) == set(shares)
    for purpose, share in shares.items():
        assert is_likely(rows[purpose], sum(rows.values()), share), purpose
    customers = told.ask("select count(*) from truth.web_visits where visitor_kind = 'customer'")[0][0]
    assert 5.3 < customers / (5_000 * 5 / 12) * 1.15 < 8.5, "about 6 a customer and year, and web orders"


@pytest.mark.parametrize("purpose", [name for name in journeys.TASKS if name != "buy_addon"])
def test_each_step_loses_its_share(told: Told, purpose: str) -> None:
    """Those who have a login, where one is needed; add-ons are bought by orders and not by chance."""
    known = "and login is not null" if journeys.login_step(purpose) else ""
    rows = dict(told.ask(
        f"select steps_reached, count(*) from truth.web_visits where purpose = '{purpose}' {known} group by 1"
    ))  # fmt: skip
    for step, reach in enumerate(journeys.reaches(purpose), start=1):
        reached = sum(count for steps, count in rows.items() if steps >= step)
        assert is_likely(reached, sum(rows.values()), reach), step


def test_events_are_the_steps_of_the_visits(told: Told) -> None:
    planted = told.ask("select sum(steps_reached) from truth.web_visits where visitor_kind <> 'bot'")[0][0]
    sent, distinct = told.ask(
        "select count_if(region is not null), count(distinct event_id) = count(*) from sent.events "
    )[0]
    undelivered = told.ask("select count(*) from truth.web_visits where ended_at >= timestamp '2026-06-27'")[0][0]
    assert distinct
    assert 0 <= planted - sent <= 6 * undelivered, "only what arrives after the last day is missing"


def test_late_events_arrive_within_three_days_of_a_daily_file(told: Told) -> None:
    rows = told.ask(
        "select datediff('day', occurred_at::date, regexp_extract(filename, '\\d{4}-\\d{2}-\\d{2}')::date) as days, "
        "count(*) from sent.events where occurred_at >= timestamp '2026-06-01' and country = 'CN' group by 1"
    )
    late = dict(rows)
    assert set(late) == {0, 1, 2, 3}
    assert 0.003 < (late[1] + late[2] + late[3]) / sum(late.values()) < 0.02


def test_nobody_is_known_before_the_log_in(told: Told) -> None:
    early = told.ask(
        "select count(*) from sent.events as events where login is not null and not exists ("
        "select 1 from truth.web_visits as visits where cookie_id = visitor_id and visits.login = events.login "
        "and occurred_at >= started_at)"
    )
    assert early == [(0,)]
    strangers = told.ask(
        "select count(*) from sent.events where page_url like '%/account/%' and login is null "
        "and page_url not like '%/help/%'"
    )
    assert strangers == [(0,)]


def test_cookies_become_known_and_some_are_shared(told: Told) -> None:
    became_known = told.ask(
        "select count(*) from (select cookie_id from truth.web_visits where person_id is not null group by cookie_id "
        "having min(started_at) filter (where login is null) < min(started_at) filter (where login is not null))"
    )[0][0]
    shared = told.ask(
        "select count(*) from (select cookie_id from truth.web_cookies group by 1 having count(distinct person_id) > 1)"
    )[0][0]
    assert became_known > 5
    assert shared > 20


def test_people_look_around_before_they_join(told: Told) -> None:
    rows = told.ask(
        "select count(*), count_if(started_at::date >= joined_on), count(visits.login) from truth.web_visits as visits "
        "inner join people as joining on joining.customer_key = visits.customer_key "
        "where visitor_kind = 'future_customer'"
    )
    assert rows[0][0] > 100
    assert rows[0][1:] == (0, 0)


@pytest.mark.parametrize("kind", bots.BOTS)
def test_machines_behave_as_their_kind(told: Told, kind: str) -> None:
    bot = bots.BOTS[kind]
    rows = told.ask(
        "select count(*), min(steps_reached), max(steps_reached), count(person_id), count(distinct cookie_id), "
        f"count(distinct started_at::date) from truth.web_visits where bot_kind = '{kind}'"
    )[0]
    assert rows[1:4] == (bot.events, bot.events, 0)
    cookies = {"visit": rows[0], "day": rows[5], "kind": 1}[bot.cookie]
    assert rows[4] == cookies
    agents = told.ask(
        "select distinct user_agent from sent.events where visitor_id in "
        f"(select cookie_id from truth.web_visits where bot_kind = '{kind}')"
    )
    assert agents == [(bot.user_agent,)]


def test_web_orders_are_orders_of_their_customer(told: Told) -> None:
    orders = told.ask("select count(*), count(product_key), count(login) from sent.events where event_type = 'order'")
    total, products, logins = orders[0]
    completed = told.ask("select count(*) from truth.web_visits where purpose = 'buy_addon' and is_completed")[0][0]
    assert total == products == logins
    assert completed - 5 <= total <= completed
    assert visits.WEB_ORDER_SHARE > 0
