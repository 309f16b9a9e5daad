"""What people think, who is asked, and who answers: the table `survey_invitations`, and `reviews` nobody asked for.

Three surveys: CSAT after a call (1 to 5), NPS once a year on average (0 to 10), CES after a task on the web site
(1 to 7). Who answers depends on what they think: the discontented and the delighted do more often, so that answers
alone mislead. Needs `hotline_contacts` and `visits`.
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom.contacts import TOPICS
from dagster_project.demo.telecom.drawing import by, weighted
from dagster_project.demo.telecom.rates import CALL_HOURS, UTC_OFFSET_HOURS, second_of_day
from dagster_project.demo.telecom.world import World

#: Satisfaction (1 to 5) of a customer in a month: average, what is lost on the way out and after a complaint.
SATISFACTION_BASE: Final = 3.75
LEAVING_MALUS: Final = 0.9
COMPLAINT_MALUS: Final = 0.5
#: Share of answered calls, of customers in a month, and of tasks on the web site that are followed by a survey.
INVITED_SHARES: Final = {"CSAT": 0.6, "NPS": 1 / 12, "CES": 0.08}
#: Share of the invited who answer, by satisfaction rounded to 1 to 5.
ANSWER_SHARES: Final = {"1": 0.20, "2": 0.12, "3": 0.055, "4": 0.07, "5": 0.14}
#: Share of answers that come with a reason in words.
REASON_SHARE: Final = 0.4
#: Reviews a customer and year, before the extremes write more; of those with a login.
REVIEWS_A_YEAR: Final = 0.03


def create(world: World) -> None:
    """Create `monthly_satisfaction`, `survey_invitations` and `reviews`."""
    world.create("monthly_satisfaction", _SATISFACTION)
    world.create("survey_invitations", _invitations())
    world.create("reviews", _reviews())


_SATISFACTION: Final = f"""
    with active as (
        select customer_key, month_on::date as month_on, language, login,
            churn_onset_on is not null and last_day(month_on) >= churn_onset_on - 30 as is_leaving
        from customer_people cross join generate_series(start_on(), as_of(), interval 1 month) as t(month_on)
        where joined_on <= month_on and (left_on is null or left_on > last_day(month_on))
    ),
    complained as (
        select distinct customer_key, date_trunc('month', contacted_on)::date as month_on
        from contacts where polarity = 'negative'
    )
    select active.*, round(clip({SATISFACTION_BASE} + 0.6 * z('satisfaction', customer_key)
        + 0.3 * z('satisfaction of month', hash(customer_key, month_on)) - {LEAVING_MALUS} * is_leaving::int
        - {COMPLAINT_MALUS} * (complained.customer_key is not null)::int, 1, 5), 3) as satisfaction
    from active left join complained using (customer_key, month_on)
"""


def _invitations() -> str:
    """One row per person asked: when, what they think, the score they would give, and whether they give it."""
    seconds = second_of_day("u('nps hour', draw_key)", "u('nps second', draw_key)", CALL_HOURS)
    topic = by("polarity", {
        "negative": weighted("u_topic", TOPICS["complaint"]), "positive": weighted("u_topic", TOPICS["praise"]),
    }, weighted("u_topic", TOPICS["enquiry"]))  # fmt: skip
    answers = by("round(satisfaction)::int::varchar", ANSWER_SHARES)
    score = by("survey_type", {
        "CSAT": "round(satisfaction)", "NPS": "round(clip(2.3 * satisfaction - 0.9 + 0.8 * z('nps', draw_key), 0, 10))",
        "CES": "round(clip(1.5 * satisfaction - 0.5 + 0.5 * z('ces', draw_key), 1, 7))",
    })  # fmt: skip
    return f"""
        with asked as (
            select 'CSAT' as survey_type, customer_key, hash(contact_key, 'csat') as draw_key,
                contacted_at + to_seconds(wait_seconds + talk_seconds + 120) as asked_at,
                opinion::double as satisfaction, topic as known_topic, caller_number as phone, null as login, language
            from hotline_contacts
            where channel = 'phone' and not is_abandoned and caller_number is not null
                and u('csat asked', contact_key) < {INVITED_SHARES["CSAT"]}
            union all
            select 'NPS', customer_key, draw_key, month_on + cast(floor(28 * u('nps day', draw_key)) as int)
                    + to_seconds({seconds}), satisfaction, null, msisdn, null, language
            from (select *, hash(customer_key, month_on, 'nps') as draw_key from monthly_satisfaction)
            inner join customer_phones using (customer_key)
            where u('nps asked', draw_key) < {INVITED_SHARES["NPS"]}
            union all
            select 'CES', customer_key, hash(visit_key, 'ces'), ended_at + interval {UTC_OFFSET_HOURS} hour,
                clip((case when is_completed then 4.2 else 2.7 end) + 0.8 * z('ease', visit_key), 1, 5), null, null,
                visits.login, language
            from visits inner join customer_people using (customer_key)
            where visits.login is not null and purpose <> 'just_looking'
                and u('ces asked', visit_key) < {INVITED_SHARES["CES"]}
        ),
        judged as (
            select *, {score}::int as score, u('survey topic', draw_key) as u_topic,
                case when satisfaction < 2.75 then 'negative' when satisfaction > 3.75 then 'positive'
                    else 'neutral' end as polarity,
                cast(1 + least(2, floor(abs(satisfaction - 3.25))) as bigint) as intensity,
                u('survey answer', draw_key) < {answers} as is_answered,
                u('survey reason', draw_key) < {REASON_SHARE} as has_reason,
                asked_at + to_seconds(60 + cast(floor(-28800 * ln(1 - u('survey delay', draw_key))) as int))
                    as answered_at
            from asked
        )
        select row_number() over (order by asked_at, draw_key) as invitation_key, * exclude (u_topic, known_topic),
            coalesce(known_topic, {topic}) as topic
        from judged where asked_at < as_of() + interval 1 day
    """


def _reviews() -> str:
    """Public reviews under a login; strong opinions make people write."""
    topic = by("polarity", {
        "negative": weighted("u_topic", TOPICS["complaint"]), "positive": weighted("u_topic", TOPICS["praise"]),
    }, weighted("u_topic", TOPICS["enquiry"]))  # fmt: skip
    seconds = second_of_day("u('review hour', draw_key)", "u('review second', draw_key)", CALL_HOURS)
    return f"""
        with written as (
            select customer_key, login, language, satisfaction, draw_key, u('review topic', draw_key) as u_topic,
                round(satisfaction)::int as rating,
                case when satisfaction < 2.75 then 'negative' when satisfaction > 3.5 then 'positive' else 'neutral' end
                    as polarity,
                cast(1 + least(2, floor(abs(satisfaction - 3.25))) as bigint) as intensity,
                month_on + cast(floor(28 * u('review day', draw_key)) as int) + to_seconds({seconds}) as posted_at
            from (select *, hash(customer_key, month_on, 'review') as draw_key from monthly_satisfaction)
            where login is not null and u('review', draw_key) < {REVIEWS_A_YEAR} / 12
                * case when abs(satisfaction - 3) > 1.25 then 2 else 0.8 end
        )
        select row_number() over (order by posted_at, draw_key) as review_key, * exclude (u_topic), {topic} as topic
        from written where posted_at < as_of() + interval 1 day
    """
