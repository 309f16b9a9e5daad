"""Why people turn to the operator: everyday matters, what drives a leaver away, bursts, and the last call.

One row per contact in `contacts`, by whom, when (local time), about what and in what mood. How the contact centre
records it is the business of `systems/hotline.py`. All rates are our assumption, "0.6 contacts a customer and year"
in the order of what contact centres of operators report.
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom import bursts
from dagster_project.demo.telecom.drawing import by, weighted
from dagster_project.demo.telecom.rates import CALL_HOURS, poisson, second_of_day
from dagster_project.demo.telecom.text.grammar import LANGUAGES
from dagster_project.demo.telecom.world import World

#: Everyday contacts a customer and year, at average service affinity.
CONTACTS_A_YEAR: Final = 0.6
KINDS: Final = {"enquiry": 0.50, "complaint": 0.27, "request": 0.19, "praise": 0.04}
#: Topic of an everyday contact, by its kind.
TOPICS: Final = {
    "enquiry": {"plan_advice": 20, "billing_error": 18, "payment": 14, "promotion": 12, "data_speed": 8, "contract": 7,
                "handset": 5, "process_time": 5, "unwanted_service": 4, "coverage": 3, "scam_calls": 3, "outlet": 3,
                "cancellation": 3, "competitor_offer": 2, "service_attitude": 1, "call_quality": 1},
    "complaint": {"billing_error": 18, "coverage": 12, "data_speed": 12, "unwanted_service": 10, "service_attitude": 9,
                  "process_time": 8, "call_quality": 7, "promotion": 6, "handset": 5, "contract": 4, "scam_calls": 4,
                  "payment": 3, "outlet": 2, "competitor_offer": 2, "plan_advice": 1, "cancellation": 1},
    "request": {"plan_advice": 30, "unwanted_service": 18, "process_time": 16, "contract": 12, "payment": 12,
                "handset": 8, "cancellation": 4},
    "praise": {"service_attitude": 30, "process_time": 20, "data_speed": 14, "promotion": 10, "coverage": 10,
               "billing_error": 6, "handset": 5, "outlet": 5},
}  # fmt: skip
#: What a person complains about before leaving for a cause (leaf of the seed churn_causes), and how often: expected
#: complaints between 60 days before the onset and the end. Users who do not exist do not complain.
LEAD_DAYS: Final = 60
RUN_UP: Final = {
    "billing_error": (1.8, {"billing_error": 0.8, "payment": 0.2}),
    "call_quality": (1.6, {"call_quality": 0.9, "coverage": 0.1}),
    "network_coverage": (1.6, {"coverage": 0.7, "data_speed": 0.3}),
    "device_quality": (1.5, {"handset": 1}),
    "service_provision": (1.4, {"process_time": 0.6, "data_speed": 0.4}),
    "policy_gap": (1.0, {"contract": 0.8, "plan_advice": 0.2}),
    "promotion_strength": (1.0, {"promotion": 1}),
    "market_separation": (0.8, {"promotion": 0.7, "plan_advice": 0.3}),
    "service_absence": (1.4, {"service_attitude": 0.5, "process_time": 0.5}),
    "service_manner": (2.0, {"service_attitude": 0.8, "process_time": 0.2}),
    "organisation_investment": (1.0, {"outlet": 0.8, "coverage": 0.2}),
    "process_rules": (1.4, {"process_time": 0.8, "contract": 0.2}),
    "rough_management": (1.2, {"service_attitude": 0.5, "process_time": 0.3, "billing_error": 0.2}),
    "channel_speculation": (1.3, {"unwanted_service": 1}),
    "competitor_disparagement": (0.6, {"competitor_offer": 0.7, "coverage": 0.3}),
    "competitor_promotion": (0.7, {"competitor_offer": 0.9, "promotion": 0.1}),
    "competitor_brand": (0.6, {"competitor_offer": 0.7, "service_attitude": 0.3}),
    "falling_satisfaction": (1.5, {"service_attitude": 0.3, "billing_error": 0.3, "data_speed": 0.2, "coverage": 0.2}),
    "substitution": (0.3, {"plan_advice": 1}),
    "offer_chasing": (0.5, {"promotion": 0.6, "competitor_offer": 0.4}),
    "malicious_switching": (0.2, {"cancellation": 1}),
}  # fmt: skip
#: Share of leavers (other than silent ones) who announce it within this many days before they go.
FAREWELL_SHARE: Final = 0.6
_FAREWELL_DAYS: Final = 12
#: The leaf that a complaint of someone who stays speaks of; a topic that is not here points to none.
CAUSE_OF_TOPIC: Final = {
    "billing_error": "billing_error", "payment": "billing_error", "call_quality": "call_quality",
    "coverage": "network_coverage", "data_speed": "network_coverage", "handset": "device_quality",
    "service_attitude": "service_manner", "process_time": "process_rules", "outlet": "organisation_investment",
    "promotion": "promotion_strength", "contract": "policy_gap", "competitor_offer": "competitor_promotion",
    "unwanted_service": "channel_speculation", "plan_advice": "substitution",
}  # fmt: skip
#: Share of mild, clear and strong feelings.
_INTENSITIES: Final = {"everyday": {"1": 0.35, "2": 0.45, "3": 0.20}, "run_up": {"1": 0.12, "2": 0.43, "3": 0.45}}


def ensure(world: World) -> None:
    """Create `contacts`, `complaint_bursts` and `customer_people` once; several systems record them."""
    if world.con.execute("select count(*) from duckdb_tables() where table_name = 'contacts'").fetchall()[0][0]:
        return
    bursts.create(world)
    world.create("customer_people", _CUSTOMER_PEOPLE)
    world.create("contact_occasions", " union all ".join((_everyday(), _run_up(), _BURST, _FAREWELL)))
    world.create("contacts", _contacts())
    world.con.execute("drop table contact_occasions")


#: A customer record with what matters of its person; affinities are relative to the average.
_CUSTOMER_PEOPLE: Final = f"""
    select customer_key, person_id, joined_on, left_on, churn_cause, churn_onset_on, is_silent, city, district,
        household_id, persona, login, preferred_agent_style,
        {weighted("u('language', person_id)", LANGUAGES)} as language,
        service_affinity / avg(service_affinity) over () as service_factor,
        web_affinity / avg(web_affinity) over () as web_factor
    from customers inner join persons using (person_id)
"""


def _everyday() -> str:
    """A Poisson number for each customer and month; what falls outside the contract does not happen."""
    count = poisson("u('contacts', hash(customer_key, month_on))", f"({CONTACTS_A_YEAR} / 12 * service_factor)", most=6)
    return f"""
        select customer_key, 'everyday' as origin, hash(customer_key, month_on, n) as occasion,
            month_on + cast(floor(u('contact day', hash(customer_key, month_on, n)) * days) as int) as contacted_on,
            null::integer as burst_key
        from (
            select customer_key, month_on, days, unnest(range({count})) as n
            from customer_people
            cross join (select month_on::date as month_on, day(last_day(month_on)) as days
                from generate_series(start_on(), as_of(), interval 1 month) as t(month_on)) as calendar
        )
    """


def _run_up() -> str:
    """Complaints that get more frequent towards the end: the square root makes their density rise in a line."""
    rate = by("churn_cause", {cause: expected for cause, (expected, _) in RUN_UP.items()}, 0)
    return f"""
        select customer_key, 'run_up', hash(customer_key, n),
            churn_onset_on - {LEAD_DAYS} + cast(floor((left_on - churn_onset_on + {LEAD_DAYS})
                * sqrt(u('run-up day', hash(customer_key, n)))) as int), null
        from (
            select *, unnest(range({poisson("u('run-up', customer_key)", "rate", most=8)})) as n
            from (select *, ({rate})::double as rate from customer_people where churn_onset_on is not null)
        )
    """


_BURST: Final = """
    select customer_key, 'burst', hash(customer_key, burst_key),
        starts_on + cast(floor((ends_on - starts_on + 1)
            * pow(u('burst day', hash(customer_key, burst_key)), 1.5)) as int), burst_key
    from customer_people
    inner join complaint_bursts on complaint_bursts.city = customer_people.city
        and coalesce(complaint_bursts.district, customer_people.district) = customer_people.district
    where u('burst', hash(customer_key, burst_key)) < share
"""
_FAREWELL: Final = f"""
    select customer_key, 'farewell', hash(customer_key),
        left_on - 1 - cast(floor({_FAREWELL_DAYS} * u('farewell day', customer_key)) as int), null
    from customer_people
    where left_on is not null and not is_silent and u('farewell', customer_key) < {FAREWELL_SHARE}
"""


def _contacts() -> str:
    """Kind, topic and mood of each occasion within the contract and the delivered days."""
    everyday = by("kind", {kind: weighted("u_topic", shares) for kind, shares in TOPICS.items()})
    run_up = by("churn_cause", {cause: weighted("u_topic", shares) for cause, (_, shares) in RUN_UP.items()})
    seconds = second_of_day("u_hour", "u_second", CALL_HOURS)
    return f"""
        with occasions as (
            select customer_people.*, origin, occasion, contacted_on, burst_key, hash(occasion, origin) as draw_key
            from contact_occasions inner join customer_people using (customer_key)
            where contacted_on between start_on() and as_of() and contacted_on >= joined_on
                and (left_on is null or contacted_on < left_on)
        ),
        drawn as (
            select *, u('contact kind', draw_key) as u_kind, u('contact topic', draw_key) as u_topic,
                u('contact mood', draw_key) as u_mood, u('contact hour', draw_key) as u_hour,
                u('contact intensity', draw_key) as u_intensity, u('contact second', draw_key) as u_second
            from occasions
        ),
        kinds as (
            select *, case origin when 'everyday' then {weighted("u_kind", KINDS)} when 'farewell' then 'request'
                else 'complaint' end as kind
            from drawn
        ),
        spoken as (
            select kinds.*, case origin when 'burst' then complaint_bursts.topic when 'farewell' then 'cancellation'
                    when 'run_up' then {run_up} else {everyday} end as topic,
                case when kind = 'complaint' then 'negative' when kind = 'praise' then 'positive'
                    when origin = 'farewell' and u_mood < 0.5 then 'negative'
                    when kind = 'request' and u_mood < 0.15 then 'negative' else 'neutral' end as polarity,
                cast(case when origin in ('run_up', 'farewell') then {weighted("u_intensity", _INTENSITIES["run_up"])}
                    else {weighted("u_intensity", _INTENSITIES["everyday"])} end as bigint) as intensity
            from kinds left join complaint_bursts using (burst_key)
        )
        select row_number() over (order by contacted_on, u_second, customer_key, origin, occasion) as contact_key,
            customer_key, person_id, household_id, persona, preferred_agent_style, language, origin, kind, topic,
            polarity, intensity, burst_key,
            case when polarity <> 'negative' then null when origin in ('run_up', 'farewell') then churn_cause
                else {by("topic", {topic: f"'{cause}'" for topic, cause in CAUSE_OF_TOPIC.items()})} end as cause,
            contacted_on, contacted_on::timestamp + to_seconds({seconds}) as contacted_at
        from spoken
    """
