"""The contact centre: rates, reasons and bursts as planted, and only what the centre could know."""

from __future__ import annotations

import math

import pytest

from dagster_project.demo.telecom import contacts
from dagster_project.demo.telecom.systems import hotline
from tests.unit.demo.talk.conftest import Told, is_likely


def test_everyday_contacts_come_at_the_planted_rate(told: Told) -> None:
    found = told.ask("select count(*) from truth.hotline_contacts where origin = 'everyday'")[0][0]
    years = told.ask(
        "select sum(greatest(0, least(coalesce(left_on, date '2026-07-01'), date '2026-07-01')"
        " - greatest(joined_on, date '2026-02-01'))) / 365.25 from people "
    )[0][0]
    expected = contacts.CONTACTS_A_YEAR * float(years)
    assert abs(found - expected) < 5 * math.sqrt(expected), (found, expected)


@pytest.mark.parametrize("kind", contacts.KINDS)
def test_kinds_and_topics_have_their_shares(told: Told, kind: str) -> None:
    rows = dict(told.ask("select kind, count(*) from truth.hotline_contacts where origin = 'everyday' group by kind"))
    assert is_likely(rows[kind], sum(rows.values()), contacts.KINDS[kind])
    topics = dict(told.ask(
        f"select topic, count(*) from truth.hotline_contacts where origin = 'everyday' and kind = '{kind}' group by 1"
    ))  # fmt: skip
    weights = contacts.TOPICS[kind]
    for topic, weight in weights.items():
        assert is_likely(topics.get(topic, 0), rows[kind], weight / sum(weights.values())), topic


def test_leavers_complain_about_what_drives_them_away_and_more_towards_the_end(told: Told) -> None:
    rows = told.ask(
        "select churn_cause, topic, cause, contacted_on - (churn_onset_on - 60), left_on - churn_onset_on + 60 "
        "from truth.hotline_contacts inner join people using (customer_key) where origin = 'run_up'"
    )
    assert len(rows) > 100
    for churn_cause, topic, cause, _, _ in rows:
        assert topic in contacts.RUN_UP[churn_cause][1]
        assert cause == churn_cause
    late = sum(day * 2 >= span for _, _, _, day, span in rows)
    assert late / len(rows) > 0.6, "their density rises in a line"


def test_a_burst_strikes_its_place_on_its_days_with_its_topic(told: Told) -> None:
    bursts = told.ask("select * from truth.complaint_bursts order by burst_key")
    assert bursts
    for key, topic, city, district, starts_on, ends_on, share in bursts:
        place = f"city = '{city}'" + (f" and district = '{district}'" if district else "")
        people = told.ask(
            f"select count(*) from people where {place} and joined_on <= date '{starts_on}' "
            f"and coalesce(left_on, date '9999-12-31') > date '{ends_on}'"
        )[0][0]
        calls = told.ask(
            "select count(*), min(topic), max(topic), min(contacted_on), max(contacted_on) "
            f"from truth.hotline_contacts where burst_key = {key}"
        )[0]
        assert is_likely(calls[0], people, share), key
        if calls[0]:
            assert calls[1:3] == (topic, topic)
            assert starts_on <= calls[3] <= calls[4] <= ends_on


def test_an_agent_of_the_liked_style_pleases_more(told: Told) -> None:
    rows = told.ask(
        "select is_style_match, avg(opinion), stddev(opinion) / sqrt(count(*)) from truth.hotline_contacts "
        "where not is_abandoned group by 1 order by 1"
    )
    (_, other, error_other), (_, liked, error_liked) = rows
    difference, error = liked - other, math.hypot(error_other, error_liked)
    # Opinions are cut to 1 to 5 and rounded, which takes a little of the effect.
    assert hotline.STYLE_MATCH_BONUS * 0.8 - 4 * error < difference < hotline.STYLE_MATCH_BONUS + 4 * error


def test_the_centre_knows_callers_as_planted(told: Told) -> None:
    calls, numbers, identified, wrong = told.ask(
        "select count(*), count(caller_number), count(customer_number),"
        " count_if(customer_key::varchar <> customer_number)"
        " from sent.calls as calls inner join truth.hotline_contacts as contacts on contact_no = call_id"
        " where outcome <> 'abandoned'"
    )[0]
    assert calls > 1000
    assert is_likely(numbers, calls, 1 - hotline.NUMBERS["withheld"])
    assert is_likely(identified, calls, hotline.IDENTIFIED_SHARE)
    assert wrong == 0


def test_the_last_state_of_a_ticket_is_closed_unless_it_is_young(told: Told) -> None:
    rows = told.ask(
        "select state, count(*) from (select arg_max(status, updated_at) as state from sent.tickets "
        "where opened_at < '2026-05-01' group by ticket_id) group by state"
    )
    states = dict(rows)
    assert states["closed"] / sum(states.values()) > 0.99


def test_recordings_are_of_calls_that_were_answered(told: Told) -> None:
    orphans = told.ask(
        "select count(*) from sent.recordings as recordings anti join "
        "(select * from sent.calls where answered_at is not null) as calls using (call_id)"
    )
    assert orphans == [(0,)]
