"""Surveys: who answers depends on what they think, so that answers alone mislead; scores fit their scale."""

from __future__ import annotations

import pytest

from dagster_project.demo.telecom import opinions
from tests.unit.demo.talk.conftest import Told, is_likely


@pytest.mark.parametrize("score", opinions.ANSWER_SHARES)
def test_who_answers_depends_on_what_they_think(told: Told, score: str) -> None:
    asked, answered = told.ask(
        f"select count(*), count_if(is_answered) from truth.survey_invitations where round(satisfaction)::int = {score}"
    )[0]
    assert asked > 30
    assert is_likely(answered, asked, opinions.ANSWER_SHARES[score])


def test_answers_are_delivered_once_and_on_their_scale(told: Told) -> None:
    planted = dict(told.ask("select survey_type, count_if(is_answered) from truth.survey_invitations group by 1"))
    sent = told.ask(
        "select survey_id, count(*), count(distinct response_id), min(answer_score::double), max(answer_score::double) "
        "from sent.answers where question_id = 'SCORE' group by 1 order by 1"
    )
    assert [row[0] for row in sent] == ["CES-1", "CSAT-1", "NPS-1"]
    for survey, count, distinct, least, most in sent:
        assert count == distinct
        # An answer that comes after the last day is not delivered.
        assert planted[survey.removesuffix("-1")] - 30 <= count <= planted[survey.removesuffix("-1")]
        low, high = {"CES-1": (1, 7), "CSAT-1": (1, 5), "NPS-1": (0, 10)}[survey]
        assert low <= least < most <= high


def test_leaving_and_complaining_cost_satisfaction(told: Told) -> None:
    stays, leaves = (
        told.ask(f"select avg(satisfaction) from truth.monthly_satisfaction where is_leaving = {flag}")[0][0]
        for flag in ("false", "true")
    )
    assert stays - leaves > opinions.LEAVING_MALUS * 0.7


def test_only_phones_and_logins_are_known(told: Told) -> None:
    rows = told.ask(
        "select survey_id, count(phone) > 0, count(login) > 0, count_if(phone is null and login is null) "
        "from sent.answers group by 1 order by 1"
    )
    assert rows == [("CES-1", False, True, 0), ("CSAT-1", True, False, 0), ("NPS-1", True, False, 0)]


def test_reviews_are_of_people_with_a_login(told: Told) -> None:
    reviews, logins = told.ask("select count(*), count(login) from sent.reviews ")[0]
    assert reviews == logins > 10
