"""System `survey`: answers to CSAT, NPS and CES surveys, and public reviews. It knows a phone or a login, nothing else.

Who was asked and did not answer is the truth's business: the system delivers answers only. Extracts: answers,
reviews (csv), cut by local days. Runs after `hotline` and `web`.
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom import opinions
from dagster_project.demo.telecom.sending import Sender
from dagster_project.demo.telecom.spans import files_with_rows
from dagster_project.demo.telecom.systems import hotline
from dagster_project.demo.telecom.text.rendering import rendered
from dagster_project.demo.telecom.world import World

#: Keys of texts, so that a reason and a review never draw the same words: above every key of the contact centre.
_REASONS_FROM: Final = 1_000_000_000_000
_REVIEWS_FROM: Final = 2_000_000_000_000


def write(world: World, out: Sender) -> None:
    """Deliver answers and reviews, and plant who was asked and what all of them think."""
    hotline.ensure_contacts(world)
    opinions.create(world)
    world.create("survey_reasons", f"select * from ({rendered(_REASONS_WANTED)})")
    world.create("review_texts", f"select * from ({rendered(_REVIEWS_WANTED)})")
    for extract, (days, rows) in _EXTRACTS.items():
        for span in files_with_rows(world, days):
            bounds = {"first_on": span.first_on, "last_on": span.last_on}
            out.send("survey", extract, span.last_on, rows, "csv", parameters=bounds)
    _plant(world)


_REASONS_WANTED: Final = f"""(
    select {_REASONS_FROM} + invitation_key as text_key, language, topic, polarity, intensity
    from survey_invitations where is_answered and has_reason)"""
_REVIEWS_WANTED: Final = f"""(
    select {_REVIEWS_FROM} + review_key as text_key, language, topic, polarity, intensity from reviews)"""
_ANSWERS: Final = f"""
    with answered as (
        select *, 'S' || printf('%010d', invitation_key) as number
        from survey_invitations where is_answered and answered_at::date between $first_on and $last_on
    )
    select number || '-1' as response_id, survey_type || '-1' as survey_id, 'SCORE' as question_id, phone, login,
        score as answer_score, null as answer_text, answered_at
    from answered
    union all
    select number || '-2', survey_type || '-1', 'REASON', phone, login, null, text, answered_at + interval 20 second
    from answered inner join survey_reasons on text_key = {_REASONS_FROM} + invitation_key
    order by answered_at, response_id
"""
_REVIEWS: Final = f"""
    select 'V' || printf('%010d', review_key) as review_id, login, language, rating, text as review_text, posted_at
    from reviews inner join review_texts on text_key = {_REVIEWS_FROM} + review_key
    where posted_at::date between $first_on and $last_on
    order by posted_at, review_key
"""
#: Days with rows, and the rows of the days from $first_on to $last_on, by extract.
_EXTRACTS: Final = {
    "answers": ("select answered_at::date from survey_invitations where is_answered", _ANSWERS),
    "reviews": ("select posted_at::date from reviews", _REVIEWS),
}


def _plant(world: World) -> None:
    world.plant(
        "survey_invitations",
        """
        select 'S' || printf('%010d', invitation_key) as response_number, survey_type, customer_key, asked_at,
            satisfaction, score, is_answered, has_reason, topic, polarity, intensity
        from survey_invitations order by invitation_key
        """,
    )
    world.plant(
        "reviews",
        """
        select 'V' || printf('%010d', review_key) as review_id, customer_key, satisfaction, rating, language, topic,
            polarity, intensity
        from reviews order by review_key
        """,
    )
    world.plant("monthly_satisfaction", "select * from monthly_satisfaction order by customer_key, month_on")
